"""A folder of results as one archive that a stranger can check: the same bytes every time."""
