"""Slice panes: a volume's values at a pane's pixels."""
