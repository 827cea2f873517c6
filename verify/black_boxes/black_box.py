"""A classifier that answers at float points, and when an answer is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from constructions.errors import TimeLimit, UsageError
from constructions.exact.integer_arrays import largest_magnitude

Answer = Callable[[np.ndarray], np.ndarray]
Gradient = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]

_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class BlackBox:
    """A function from float points to labels or scores.

    It stands for the classifier that rounds a point to the nearest double, then to
    ``dtype``, and answers for it alone. It must be a function: what changes from call to call has no error.

    Attributes:
        name: for messages and records.
        answer: takes floats (b, d); returns b integer labels, b scores (positive for the label
            +1), or scores (b, K) for the labels 0 to K-1.
        dtype: of the floats it takes, ``"float64"`` or ``"float32"``.
        gradient: margins and their gradients at floats (b, d) for a label, for attacks only.
        batch: points it is asked about at once in attacks.

    Example:
        >>> box = BlackBox("sign", lambda points: np.sign(points[:, 0]))
        >>> box.margin(np.array([0.5]), -1), box.margin(np.array([0.0]), 1) > 0
        (-1.0, False)
    """

    name: str
    answer: Answer = field(repr=False)
    dtype: str = "float64"
    gradient: Gradient | None = field(default=None, repr=False)
    batch: int = 1024

    def margin(self, point: np.ndarray, label: int) -> float:
        """Return the margin of one point, asked for alone; it is right where this is positive."""
        return float(self._margins(point[None], label)[0])

    def margins(self, points: np.ndarray, label: int) -> np.ndarray:
        """Return the margins of points (b, d), asked for in batches: proposals for an attack."""
        parts = [self._margins(points[i : i + self.batch], label) for i in range(0, len(points), self.batch)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def scores(self, points: np.ndarray) -> bool:
        """Return whether it answers with scores, which have slopes, and not with labels."""
        return self._answers(points).dtype.kind == "f"

    def _margins(self, points: np.ndarray, label: int) -> np.ndarray:
        found = self._answers(points)
        if found.ndim == 2:
            return _gaps(found, label, self.name)
        if found.dtype.kind in "iu":
            return _agreement(found, label, self.name)
        if label not in (-1, 1):
            raise UsageError(f"{self.name} gives one score, which takes labels -1 and +1, got {label}")
        return _known(found * float(label))

    def _answers(self, points: np.ndarray) -> np.ndarray:
        try:
            found = np.asarray(self.answer(points.astype(self.dtype)))
        except TimeLimit:
            raise
        except Exception as error:
            raise UsageError(f"{self.name} failed on points of shape {points.shape}: {error}") from error
        if found.ndim == 2 and found.shape[1] == 1:
            found = found[:, 0]
        is_known = found.dtype.kind in "iuf" and found.dtype.itemsize <= 8
        if found.ndim not in (1, 2) or len(found) != len(points) or not is_known:
            raise UsageError(
                f"{self.name} answered {found.dtype} of shape {found.shape} to {len(points)} points; "
                "integer labels (b,), scores (b,) or scores (b, K) are needed, in 64 bits at most"
            )
        return found


def rounded(integers: np.ndarray, unit: int, dtype: str) -> np.ndarray:
    """Return ``integers / unit`` as the nearest double, and then the nearest ``dtype``.

    Example:
        >>> rounded(np.array([1, 3]), 3, "float64").tolist() == [1 / 3, 1.0]
        True
    """
    if integers.dtype != object and unit < _EXACT and largest_magnitude(integers) < _EXACT:
        return (integers / np.float64(unit)).astype(dtype)
    flat = [float(Fraction(int(value), unit)) for value in integers.ravel()]
    return np.array(flat, dtype=np.float64).reshape(integers.shape).astype(dtype)


def _agreement(found: np.ndarray, label: int, name: str) -> np.ndarray:
    if label == -1 and (strange := sorted({int(x) for x in found} - {-1, 1})):
        raise UsageError(f"{name} answered the label {strange[0]}; the points have labels -1 and +1")
    return np.where(found == label, 1.0, -1.0)


def _gaps(scores: np.ndarray, label: int, name: str) -> np.ndarray:
    """Return by how much the score of the label exceeds every other."""
    if not 0 <= label < scores.shape[1]:
        raise UsageError(
            f"{name} gives {scores.shape[1]} scores, which take labels 0 to {scores.shape[1] - 1}, got {label}"
        )
    values = scores.astype(np.float64 if scores.dtype.kind == "f" else object)  # integers differ exactly
    others = np.delete(values, label, axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        return _known(values[:, label] - others.max(axis=1))


def _known(margins: np.ndarray) -> np.ndarray:
    """Return the margins with NaN, which is no answer, as the worst one."""
    values = margins.astype(np.float64)
    return np.where(np.isnan(values), -np.inf, values)
