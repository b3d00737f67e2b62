"""Show the viewer in a cell of Jupyter."""
