"""The command line, one verb per file; heavy modules load inside the verbs."""
