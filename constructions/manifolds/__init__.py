"""Test manifolds with exact points, charts, covers and packings (Definitions 5.1 to 5.4)."""
