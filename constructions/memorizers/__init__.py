"""Robust memorization (Theorem 2.2): one file per construction."""
