"""Lists over the picture whose rows can be chosen, gone to, named and removed."""
