"""Write DICOM: volumes as derived series, segmentations as segmentation objects."""
