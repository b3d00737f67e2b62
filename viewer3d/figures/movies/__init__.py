"""Movies: their views, and their files."""
