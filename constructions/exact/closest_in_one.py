"""The smallest l-infinity distance inside one collection of boxes with integer corners."""

from __future__ import annotations

import numpy as np

from constructions.exact.integer_arrays import INT64_EXACT, largest_magnitude

_BLOCK_ENTRIES = 2**22


def closest_in_one(lower: np.ndarray, upper: np.ndarray) -> tuple[int, tuple[int, int]]:
    """Return the smallest l-infinity distance of two different boxes of one collection, at least two.

    Args:
        lower: integers, shape (n, d).
        upper: likewise.
    """
    best: tuple[int, tuple[int, int]] | None = None
    rows = max(1, _BLOCK_ENTRIES // max(1, lower.size))
    small = max(largest_magnitude(lower), largest_magnitude(upper)) < INT64_EXACT // 4
    low_all, high_all = (side.astype(np.int64 if small else object) for side in (lower, upper))
    for start in range(0, len(lower) - 1, rows):
        low, high = low_all[start : start + rows, None], high_all[start : start + rows, None]
        rest_low, rest_high = low_all[None, start + 1 :], high_all[None, start + 1 :]
        gaps = np.maximum(low - rest_high, rest_low - high).max(axis=2)
        # Row i of the block meets only later boxes: columns from i on.
        early = np.arange(gaps.shape[1])[None] < np.arange(gaps.shape[0])[:, None]
        gaps = np.where(early, np.array(2**62, gaps.dtype) if small else gaps.max() + 1, gaps)
        place = int(np.argmin(gaps))
        found = max(0, int(gaps.reshape(-1)[place]))
        if best is None or found < best[0]:
            best = found, (start + place // gaps.shape[1], start + 1 + place % gaps.shape[1])
    if best is None:
        raise ValueError("a distance inside a collection needs two boxes")
    return best
