"""Figures of values: over the times of a 4-D set, and along a line."""
