"""Random unions of boxes on a grid, separated by construction."""

from __future__ import annotations

import re

import numpy as np

from constructions.errors import UsageError
from constructions.sets.box_union import BoxUnion
from constructions.sets.labelled_sets import LabelledSets

_EXAMPLE = "boxes:n=4,d=2,levels=8,seed=0"
_DEFAULTS = {"n": 4, "d": 2, "levels": 8, "seed": 0}
_RANGES = {"n": (2, 2**20), "d": (1, 2**12), "levels": (2, 2**30), "seed": (0, 2**32 - 1)}


def boxes_from_options(options: str | None) -> LabelledSets:
    """Return the sets of ``boxes:options``, such as ``n=4,d=2,levels=8,seed=0``.

    Raises:
        UsageError: an option is unknown, given twice, not an integer or out of range.
    """
    return random_boxes(**_parsed(options))


def random_boxes(n: int = 4, d: int = 2, levels: int = 8, seed: int = 0) -> LabelledSets:
    """Return random boxes in different cells of a grid of ``levels`` cells per axis of [0,1]^d.

    Along each axis a box has width 0 or half a cell's share, so boxes of different cells
    are at least ``1/(2*levels - 1)`` apart in l-infinity. The first half of the boxes is
    A (rounded up), the rest B. The answer depends on the arguments alone.

    Args:
        n: number of boxes, at most half the number of cells.
        d: dimension.
        levels: number of cells along an axis.
        seed: 0 to 2^32 - 1.

    Raises:
        UsageError: there are too few cells.
    """
    if 2 * n > levels**d:
        raise UsageError(f"{n} boxes need at least {2 * n} cells; {levels} levels in dimension {d} give {levels**d}")
    # RandomState and not Generator: numpy promises that its stream never changes.
    stream = np.random.RandomState(seed)
    cells: dict[bytes, np.ndarray] = {}
    while len(cells) < n:
        cell = stream.randint(0, levels, size=d, dtype=np.int64)
        cells.setdefault(cell.tobytes(), cell)
    lower = 2 * np.stack(list(cells.values()))
    upper = lower + stream.randint(0, 2, size=(n, d), dtype=np.int64)
    half, scale = (n + 1) // 2, 2 * levels - 1
    return LabelledSets(
        BoxUnion.of_corners(lower[:half], upper[:half], scale=scale),
        BoxUnion.of_corners(lower[half:], upper[half:], scale=scale),
    )


def _parsed(options: str | None) -> dict[str, int]:
    chosen = dict(_DEFAULTS)
    given: set[str] = set()
    for part in [] if options is None else options.split(","):
        key, _, text = part.partition("=")
        if key not in _DEFAULTS:
            raise UsageError(f"boxes has no option {key[:40]!r}; write {_EXAMPLE}, all optional")
        if key in given:
            raise UsageError(f"boxes option {key} is given twice")
        given.add(key)
        low, high = _RANGES[key]
        value = int(text) if re.fullmatch(r"[0-9]{1,18}", text) else -1
        if not low <= value <= high:
            raise UsageError(f"boxes option {key} must be an integer from {low} to {high}, got {text[:40]!r}")
        chosen[key] = value
    return chosen
