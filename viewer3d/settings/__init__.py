"""The person's own file: keys, windows, transfer functions, colour maps, and what opens how."""
