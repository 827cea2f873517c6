"""The robust error of a classifier on new points: on a whole distribution, not on a training set."""
