"""Verification instances with a known answer: networks, boxes, and how far from the boundary they are."""
