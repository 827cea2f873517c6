"""The physical limit: the plainest compiled loops over all opposite pairs, one thread, early exit."""

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True)
def count_touching(first: np.ndarray, second: np.ndarray, reach: int) -> int:
    """Return how many pairs of boxes meet: no coordinate differs by more than ``reach``."""
    touching = 0
    for a in range(first.shape[0]):
        for b in range(second.shape[0]):
            apart = False
            for j in range(first.shape[1]):
                if abs(first[a, j] - second[b, j]) > reach:
                    apart = True
                    break
            if not apart:
                touching += 1
    return touching


@nb.njit(cache=True)
def smallest_distance(first: np.ndarray, second: np.ndarray) -> int:
    """Return the smallest l-infinity distance, leaving a pair once it is no smaller."""
    best = np.iinfo(np.int64).max
    for a in range(first.shape[0]):
        for b in range(second.shape[0]):
            largest = 0
            for j in range(first.shape[1]):
                largest = max(largest, abs(first[a, j] - second[b, j]))
                if largest >= best:
                    break
            if largest < best:
                best = largest
    return best
