"""Signs in panes of what a person marked."""
