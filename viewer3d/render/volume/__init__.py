"""The 3D pane: a volume drawn by rays."""
