"""Volumes and segmentations written to files that are not DICOM."""
