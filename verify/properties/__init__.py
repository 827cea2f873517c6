"""Properties of networks that are more than a ball around a point, and their file formats."""
