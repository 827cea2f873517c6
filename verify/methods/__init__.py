"""Methods that decide robustness, one family per file, all with exact verdicts."""
