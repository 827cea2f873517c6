"""The robust error of a classifier around whole sets: neighbourhoods covered by cubes, each decided."""
