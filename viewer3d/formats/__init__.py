"""Files that are not DICOM: label maps in NIfTI and NRRD."""
