"""Find the bytes of DICOM objects: in folders, files, archives and datasets."""
