"""Memorizers of about the square root of N parameters: many labels in one weight, for small radii."""
