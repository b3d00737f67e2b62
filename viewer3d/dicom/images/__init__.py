"""Images that make no volume: found, and read as frames that lie beside each other in no space."""
