"""A face in the volume of a head, found by its shape and cut away in pictures."""
