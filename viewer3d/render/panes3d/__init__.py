"""The 3D pane of a picture: a volume, slices and words, and what it shows until it is drawn."""
