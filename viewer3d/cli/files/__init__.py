"""The verbs that write files for other programs."""
