"""Key images by hand: marked, gone to, named."""
