"""The interactive window: events change a ViewState, and the window shows it."""
