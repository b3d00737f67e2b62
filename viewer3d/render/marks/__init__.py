"""Draw text, lines and measurements over panes: as a display list, and that in pixels."""
