"""Branch and bound: floats propose a tree of splits and multipliers, exact rules dispose."""
