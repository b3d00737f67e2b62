"""Hold what the browser is given: page, script and style."""
