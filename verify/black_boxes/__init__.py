"""Classifiers that only answer: their own floats, no weights, no proofs."""
