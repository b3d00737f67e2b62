"""What of the data is shown, and from where: the state of a view and the values in it."""
