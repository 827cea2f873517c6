"""The paper's Table 1, every cell measured on an instance."""
