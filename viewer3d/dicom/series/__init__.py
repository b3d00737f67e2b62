"""Frames to series and stacks: split, sorted, chosen."""
