"""How data lie in the world of a base: frames of reference, transforms, overlap, regions."""
