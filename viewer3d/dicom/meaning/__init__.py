"""Units, SUV and windows of values, and the notes that explain them."""
