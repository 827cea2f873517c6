"""Labelled point sets on which small networks must fail, and the distributions on them."""
