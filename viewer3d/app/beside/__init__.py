"""Several series side by side in one desktop window."""
