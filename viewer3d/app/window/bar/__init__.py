"""The slim tool bar beside the picture: buttons for what the table of keys says is in it."""
