"""The verbs of the browser."""
