"""What values mean: units, SUV, windows, and the notes that say so."""
