"""Read pixel data into arrays of modality values."""
