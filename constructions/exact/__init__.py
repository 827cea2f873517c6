"""Exact numbers, exact distances, and exact arithmetic at the speed of a matrix product."""
