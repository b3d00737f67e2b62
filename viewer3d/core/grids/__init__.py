"""What a volume becomes: cropped, resampled, reoriented, masked, or given to other packages."""
