"""Workers of Dask, on this machine or of a cluster: what they are sent, and what becomes of it.

Nothing else of this package knows Dask, and it is imported only where a cluster is asked for.
"""
