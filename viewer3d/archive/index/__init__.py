"""The page and the table that a run leaves in its folder."""
