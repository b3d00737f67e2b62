"""Plots of lines and bars with axes, as marks."""
