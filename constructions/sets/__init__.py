"""Sets of points, finite or not, and the exact distances between them."""
