"""The small plots of the window: a time curve, a profile along a line, a histogram of what is seen."""
