"""Key and mouse events to the next ViewState: pure functions."""
