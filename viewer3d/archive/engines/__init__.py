"""Where items are worked on: in this process, or by workers of Dask."""
