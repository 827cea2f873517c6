"""The best that any classifier can do on a finite distribution: conflicts, covers and flows."""
