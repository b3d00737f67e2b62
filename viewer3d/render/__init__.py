"""Volume and ViewState to pixels."""
