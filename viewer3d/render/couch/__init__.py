"""The couch of a CT, found and removed."""
