"""What is drawn on original slices: lines, texts, planes of bits and shutters of DICOM files."""
