"""Volumes made of a volume: cropped, resampled, reoriented, masked, and exchanged with other packages."""
