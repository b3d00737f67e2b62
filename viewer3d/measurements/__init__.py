"""Results of measurements, and their tables."""
