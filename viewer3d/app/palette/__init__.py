"""The palette: every command and gesture that can be done at once, found by a few letters."""
