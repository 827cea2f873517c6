"""Many jobs, each done once: what is to be run, where results are kept, and what runs it."""
