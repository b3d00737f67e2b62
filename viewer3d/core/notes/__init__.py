"""What was found and decided about data, as values: notes, and the table of their kinds."""
