"""The memorizer by votes over shifted grids: the square root of N parameters at larger radii."""
