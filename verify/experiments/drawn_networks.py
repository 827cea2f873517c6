"""Sign vectors of networks with few parameters drawn at random, evaluated in integers."""

from __future__ import annotations

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded
from constructions.exact.integer_arrays import INT64_EXACT
from verify.capacity.sign_patterns import most_units

_LARGEST_VALUE = 12
_BATCH = 1024


def drawn_sign_vectors(data: LabelledPoints, most_size: int, draws: int, seed: int) -> set[bytes]:
    """Return the sign vectors, exactly, that random networks of at most so many parameters have on the points.

    A network is a graph as the counting allows: its hidden units are numbered, and each reads the constant, the
    inputs and the units before it. A draw chooses the number of parameters and of units, the places of the parameters,
    and their values from -12 to 12 without 0.

    Args:
        data: the points; their labels do not matter.
        most_size: largest number of nonzero parameters.
        draws: networks drawn.
        seed: of the draws.

    Returns:
        Each vector as one byte per point, 1 where the output is positive.

    Raises:
        BudgetExceeded: outputs might exceed 63 bits.
    """
    random = np.random.RandomState(seed)
    points = np.concatenate(
        [np.full((len(data), 1), data.scale, dtype=np.int64), np.asarray(data.numerators, dtype=np.int64)], axis=1
    )
    _refuse_large(points, most_size, most_units(most_size, data.dim))
    found: set[bytes] = set()
    left = draws
    while left:
        batch = min(left, _BATCH)
        left -= batch
        size = 1 + int(random.randint(most_size))
        units = int(random.randint(most_units(size, data.dim) + 1))
        values = _outputs(random, points, size, units, batch)
        found |= {row.tobytes() for row in np.unique((values > 0).astype(np.uint8), axis=0)}
    return found


def _outputs(random: np.random.RandomState, points: np.ndarray, size: int, units: int, batch: int) -> np.ndarray:
    """Return the outputs of one batch of networks with so many units, shape (batch, points)."""
    sources = points.shape[1]
    ends = np.cumsum([sources + unit for unit in range(units + 1)])
    places = np.argpartition(random.random_sample((batch, ends[-1])), min(size, ends[-1]) - 1, axis=1)[:, :size]
    magnitudes = random.randint(1, _LARGEST_VALUE + 1, size=places.shape)
    weights = np.zeros((batch, ends[-1]), dtype=np.int64)
    np.put_along_axis(weights, places, magnitudes * (2 * random.randint(0, 2, size=places.shape) - 1), axis=1)
    known = np.broadcast_to(points.T, (batch, sources, len(points)))
    for target in range(units + 1):
        row = weights[:, ends[target] - sources - target : ends[target]]
        values = np.einsum("bs,bsp->bp", row, known)
        if target < units:
            known = np.concatenate([known, np.maximum(values, 0)[:, None, :]], axis=1)
    return np.asarray(values)


def _refuse_large(points: np.ndarray, size: int, units: int) -> None:
    """Refuse what might overflow: no value exceeds the sum of all before it times the largest weight."""
    largest = int(np.abs(points).max())
    if largest * (1 + _LARGEST_VALUE * size) ** (units + 1) >= INT64_EXACT:
        raise BudgetExceeded(f"networks of {size} parameters and {units} units need more than 63 bits here")
