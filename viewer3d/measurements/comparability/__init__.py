"""What keeps numbers of two volumes from being compared: acquisition and reconstruction."""
