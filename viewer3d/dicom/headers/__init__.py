"""Read headers into the frozen values of their frames."""
