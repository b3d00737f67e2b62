"""The list of series in the panel, with what cannot be shown and recent folders."""
