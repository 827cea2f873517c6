"""Sizes of every memorizer beside every lower bound, against the ratio of radius to eps."""
