"""Windows and transfer functions, as data."""
