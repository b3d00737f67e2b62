"""What lies over images: segmentations read from DICOM objects."""
