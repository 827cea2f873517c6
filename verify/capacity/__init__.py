"""How many labellings networks of a size can realise, and the sizes that are therefore too small."""
