"""A person to ViewState: what hands do becomes a new state, and the state a picture in a window."""
