"""Random labelled points on a grid, separated by construction."""

from __future__ import annotations

import re

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded, UsageError

_DEFAULTS = {"n": 64, "d": 8, "levels": 16, "seed": 0, "shrink": 1}
_SMALLEST = {"n": 1, "d": 1, "levels": 2, "seed": 0, "shrink": 1}
_LARGEST = {"n": 2**40, "d": 2**40, "levels": 2**31, "seed": 2**32 - 1, "shrink": 2**20}
_LARGEST_MEMORY = 8 * 2**30
_BYTES_PER_POINT = 200


def random_from_options(options: str | None) -> LabelledPoints:
    """Return the points of ``random:options``, such as ``n=64,d=8,levels=16,seed=0``.

    Raises:
        UsageError: an option is unknown, given twice, not an integer or out of range.
    """
    return random_points(**_parsed(options))


def random_points(n: int = 64, d: int = 8, levels: int = 16, seed: int = 0, shrink: int = 1) -> LabelledPoints:
    """Return random points of the grid ``{0, 1/(levels-1), ..., 1}^d``, divided by ``shrink``.

    The coordinates are uniform; half of the distinct points (rounded up), chosen at
    random, are labelled +1 and the others -1, so equal points agree on their label and
    both labels occur as soon as two points differ. The answer depends on the
    arguments alone.

    Args:
        n: number of points.
        d: dimension.
        levels: number of values a coordinate can take, at least 2.
        seed: 0 to 2^32 - 1.
        shrink: what all coordinates are divided by; ``shrink**2 >= d`` puts them into the unit ball.

    Raises:
        BudgetExceeded: making the points needs more than 8 GiB.
    """
    kind = next(kind for kind in (np.uint8, np.int16, np.int32) if levels - 1 <= np.iinfo(kind).max)
    need = n * (2 * d * np.dtype(kind).itemsize + _BYTES_PER_POINT)
    if need > _LARGEST_MEMORY:
        raise BudgetExceeded(
            f"random points with n={n} and d={d} need {need} bytes; at most {_LARGEST_MEMORY} are used"
        )
    # RandomState and not Generator: numpy promises that its stream never changes.
    stream = np.random.RandomState(seed)
    numerators = stream.randint(0, levels, size=(n, d), dtype=kind)
    labels = _labels_of_distinct_points(numerators, stream)
    return LabelledPoints.of(numerators, labels, scale=(levels - 1) * shrink)


def _labels_of_distinct_points(numerators: np.ndarray, stream: np.random.RandomState) -> np.ndarray:
    rows = np.ascontiguousarray(numerators)
    seen: dict[bytes, int] = {}
    group = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in rows], dtype=np.int64)
    marks = np.full(len(seen), -1, dtype=np.int64)
    marks[stream.permutation(len(seen))[: (len(seen) + 1) // 2]] = 1
    return marks[group]


def _parsed(options: str | None) -> dict[str, int]:
    chosen = dict(_DEFAULTS)
    given: set[str] = set()
    for part in [] if options is None else options.split(","):
        key, _, text = part.partition("=")
        if key not in _DEFAULTS:
            raise UsageError(f"random has no option {key!r}; write random:n=64,d=8,levels=16,seed=0, all optional")
        if key in given:
            raise UsageError(f"random option {key} is given twice")
        given.add(key)
        chosen[key] = _integer(key, text)
    return chosen


def _integer(key: str, text: str) -> int:
    low, high = _SMALLEST[key], _LARGEST[key]
    value = int(text) if re.fullmatch(r"[0-9]{1,18}", text) else -1
    if not low <= value <= high:
        raise UsageError(f"random option {key} must be an integer from {low} to {high}, got {text[:40]!r}")
    return value
