"""Keys: their names, and those of a person's own."""
