"""Show the same viewer in a browser and in a notebook."""
