"""Labelled points, balls around them, and where they come from."""
