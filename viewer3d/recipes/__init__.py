"""What a picture was made of and how: recorded, embedded in its file, replayed and compared."""
