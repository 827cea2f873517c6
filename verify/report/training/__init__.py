"""Curves and tables of experiments with trained networks."""
