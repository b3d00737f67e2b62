"""Folders and files that a window opens: typed, chosen in a dialog, dropped, or opened before."""
