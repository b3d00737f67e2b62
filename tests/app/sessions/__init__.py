"""Of the package of the same name."""
