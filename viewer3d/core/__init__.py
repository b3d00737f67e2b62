"""Values and pure functions that all other folders share."""
