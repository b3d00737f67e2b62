"""Serve the viewer on a socket of this machine."""
