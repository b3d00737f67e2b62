"""What is written and drawn over panes: a display list, and how it becomes pixels."""
