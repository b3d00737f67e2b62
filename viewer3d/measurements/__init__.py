"""What measurements come to, and their tables."""
