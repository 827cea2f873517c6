"""Claims: one measured number set against one promised number."""
