"""Closed contours: polygons filled and measured by the even-odd rule, and the planes that they lie in."""
