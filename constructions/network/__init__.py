"""ReLU networks with exact rational weights, and their file formats."""
