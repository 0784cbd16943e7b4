"""NumPy in, figures out: the pictures of attention. Knows no torch."""
