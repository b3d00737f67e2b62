"""Curves of values: over the times of a 4-D set, along a line, and how often each value is there."""
