"""Measurements of speed and memory, here and beside other verifiers; see README.md."""
