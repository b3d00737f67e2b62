"""Bytes of a header to the frozen values of its frames."""
