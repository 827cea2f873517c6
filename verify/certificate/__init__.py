"""Certificates of robust error: how they are written, and how they are proved again."""
