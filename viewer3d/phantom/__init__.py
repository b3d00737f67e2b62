"""A synthetic patient whose truth is known."""
