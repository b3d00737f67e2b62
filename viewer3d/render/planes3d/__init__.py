"""Slices that stand in a 3D view."""
