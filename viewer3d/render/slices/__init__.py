"""Sample, blend, window and compose the pictures of slices."""
