"""Robust classifiers: networks that are right on whole balls around the points of a distribution."""
