"""Networks that add up bounded votes, each of which reads a place in a grid."""
