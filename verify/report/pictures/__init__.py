"""Pictures of networks, sets and balls in one and two dimensions; exact where they can be."""
