"""Proof notes: statement, code and tests held together, and every link checked."""
