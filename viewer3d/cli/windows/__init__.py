"""What the verbs that open a window or a page on a folder have in common."""
