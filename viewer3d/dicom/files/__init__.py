"""Where the bytes of DICOM objects are: folders, files, archives, datasets."""
