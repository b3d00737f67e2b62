"""What files draw on their slices: lines, texts, planes of bits and shutters; colours in sRGB."""
