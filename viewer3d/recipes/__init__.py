"""Recipes of pictures: recorded, embedded in the picture's file, replayed and compared."""
