"""What a window does not lose: the history of what was changed, and how each series was seen."""
