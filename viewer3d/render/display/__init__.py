"""Show pictures on screens: points, and the pixels they are made of."""
