"""A finite training set with exact coordinates, and the separation of its classes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.errors import InexactInput, UsageError
from constructions.exact.integer_arrays import greatest_common_divisor, integer_array, narrowest, quotients
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction, over_common_denominator


@dataclass(frozen=True, slots=True)
class ClosestPairs:
    """The smallest distance between points of different labels, and pairs attaining it.

    Attributes:
        distance: exact; in l2 the squared distance.
        pairs: index pairs (i, j) with i < j, at most 16 of them.
    """

    distance: Fraction
    pairs: tuple[tuple[int, int], ...]


class LabelledPoints:
    """Labelled points with exact coordinates; immutable, compared by value.

    Coordinates are integers over one common scale. Duplicates are allowed, also with
    conflicting labels; statements that assume separation then do not apply.

    Example:
        >>> data = LabelledPoints.of([["0"], ["1/2"], ["1"]], labels=[-1, -1, +1])
        >>> data.separation("linf")
        Fraction(1, 2)
    """

    __slots__ = ("_cache", "_labels", "_numerators", "_scale")

    _numerators: np.ndarray
    _labels: np.ndarray
    _scale: int
    _cache: dict[Any, Any]

    @classmethod
    def of(cls, points: Any, labels: Any, scale: int = 1) -> LabelledPoints:
        """Return labelled points.

        Args:
            points: n sequences of d exact numbers, or an integer array of shape (n, d),
                which is taken without a Python loop.
            labels: n integers; -1 and +1, or 0..K-1 beside a network with K outputs.
            scale: positive common denominator of all coordinates.

        Raises:
            InexactInput: a coordinate is a float, NaN or infinite, or a label is not an
                integer.
            ValueError: there is no point, or the shapes do not fit.
        """
        denominator = exact_fraction(scale, "scale")
        if denominator < 1 or denominator.denominator != 1:
            raise ValueError(f"scale must be a positive integer, got {denominator}")
        scale = denominator.numerator
        numerators, own_scale = _integer_points(points)
        marks = _integer_labels(labels)
        if numerators.shape[0] == 0 or numerators.shape[1] == 0:
            raise ValueError(f"labelled points need a point and a coordinate, got shape {numerators.shape}")
        if marks.shape != (numerators.shape[0],):
            raise ValueError(f"{numerators.shape[0]} points need as many labels, got {marks.size}")
        return cls._build(numerators, marks, scale * own_scale)

    @classmethod
    def _build(cls, numerators: np.ndarray, labels: np.ndarray, scale: int) -> LabelledPoints:
        divisor = greatest_common_divisor(scale, numerators)
        if divisor > 1:
            numerators, scale = quotients(numerators, divisor), scale // divisor
        built = cls.__new__(cls)
        numerators = np.ascontiguousarray(narrowest(numerators))
        numerators.setflags(write=False)
        labels.setflags(write=False)
        object.__setattr__(built, "_numerators", numerators)
        object.__setattr__(built, "_labels", labels)
        object.__setattr__(built, "_scale", scale)
        object.__setattr__(built, "_cache", {})
        return built

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"LabelledPoints do not change; cannot set {name}")

    def __getstate__(self) -> tuple[Any, ...]:
        return (self._numerators, self._labels, self._scale)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        for name, value in zip(("_numerators", "_labels", "_scale", "_cache"), (*state, {}), strict=True):
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return int(self._numerators.shape[0])

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return int(self._numerators.shape[1])

    @property
    def numerators(self) -> np.ndarray:
        """Integer coordinates, shape (n, d); the points are ``numerators / scale``."""
        return self._numerators

    @property
    def scale(self) -> int:
        """The positive common denominator of the coordinates."""
        return self._scale

    @property
    def label_array(self) -> np.ndarray:
        """The labels as an integer array of shape (n,)."""
        return self._labels

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels."""
        return tuple(int(label) for label in self._labels)

    @property
    def points(self) -> tuple[tuple[Fraction, ...], ...]:
        """The points as tuples of fractions; costs n times d fractions."""
        return tuple(self.point(index) for index in range(len(self)))

    def point(self, index: int) -> tuple[Fraction, ...]:
        """Return one point as a tuple of fractions."""
        return tuple(Fraction(int(value), self._scale) for value in self._numerators[index])

    @property
    def classes(self) -> tuple[int, ...]:
        """The labels that occur, in increasing order."""
        return tuple(int(label) for label in np.unique(self._labels))

    def indices(self, label: int) -> np.ndarray:
        """Return the indices of the points with this label."""
        return np.flatnonzero(self._labels == label)

    def separation(self, norm: str = "linf") -> Fraction | None:
        """Return the smallest distance between points of different labels.

        This is the paper's separation of Definition 1.1: the classes are
        ``separation``-separated and no more. ``None`` with one class only.

        Args:
            norm: ``"linf"`` or ``"l1"``.

        Raises:
            UsageError: the norm is l2, whose distances are irrational; use
                ``separation_squared``.
        """
        if check_norm(norm) == "l2":
            raise UsageError("the l2 separation is irrational in general; use separation_squared()")
        closest = self.closest_opposite_pairs(norm)
        return None if closest is None else closest.distance

    def separation_squared(self) -> Fraction | None:
        """Return the squared l2 separation; ``None`` with one class only."""
        closest = self.closest_opposite_pairs("l2")
        return None if closest is None else closest.distance

    def closest_opposite_pairs(self, norm: str = "linf") -> ClosestPairs | None:
        """Return the closest pairs of points of different labels, ``None`` with one class.

        Cost:
            At most n^2 d integer operations in compiled code, with early exit.
        """
        check_norm(norm)
        if norm not in self._cache:
            self._cache[norm] = self._closest(norm)
        return self._cache[norm]

    def conflicting_duplicates(self) -> tuple[tuple[int, int], ...]:
        """Return up to 16 pairs of equal points with different labels."""
        closest = self.closest_opposite_pairs("linf")
        return closest.pairs if closest is not None and closest.distance == 0 else ()

    def subset(self, indices: Sequence[int] | np.ndarray) -> LabelledPoints:
        """Return the points at these indices, in this order.

        Raises:
            TypeError: the indices are not integers (a mask is not accepted).
        """
        chosen = np.asarray(indices)
        if chosen.size and chosen.dtype.kind not in "iu":
            raise TypeError(f"subset takes integer indices, got {chosen.dtype}; turn a mask with np.flatnonzero")
        chosen = chosen.astype(np.int64)
        return LabelledPoints.of(self._numerators[chosen], self._labels[chosen], scale=self._scale)

    def digest(self) -> str:
        """Return the SHA-256 of the data in canonical form."""
        if "digest" not in self._cache:
            kind = " decimal" if self._numerators.dtype == object else ""
            hasher = hashlib.sha256(f"{len(self)} {self.dim} {self._scale}{kind}\n".encode())
            hasher.update(self._labels.astype("<i8").tobytes())
            if self._numerators.dtype == object:
                hasher.update(" ".join(map(str, self._numerators.ravel())).encode())
            else:
                for start in range(0, len(self), 4096):
                    hasher.update(self._numerators[start : start + 4096].astype("<i8").tobytes())
            self._cache["digest"] = hasher.hexdigest()
        return self._cache["digest"]

    def _closest(self, norm: str) -> ClosestPairs | None:
        from constructions.exact.pair_distances import closest_pairs

        best: tuple[int, list[tuple[int, int]]] | None = None
        classes = self.classes
        for index, label in enumerate(classes[:-1]):
            mine = self.indices(label)
            others = np.flatnonzero(np.isin(self._labels, classes[index + 1 :]))
            distance, pairs = closest_pairs(self._numerators[mine], self._numerators[others], norm)
            named = [(int(mine[i]), int(others[j])) for i, j in pairs]
            if best is None or distance < best[0]:
                best = (distance, named)
            elif distance == best[0]:
                best = (distance, best[1] + named)
        if best is None:
            return None
        unit = self._scale**2 if norm == "l2" else self._scale
        pairs = sorted({(min(i, j), max(i, j)) for i, j in best[1]})[:16]
        return ClosestPairs(Fraction(best[0], unit), tuple(pairs))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LabelledPoints):
            return NotImplemented
        return (
            self._scale == other._scale
            and np.array_equal(self._labels, other._labels)
            and np.array_equal(self._numerators, other._numerators)
        )

    def __hash__(self) -> int:
        return hash(self.digest())

    def __repr__(self) -> str:
        counts = ", ".join(f"{label:+d}: {self.indices(label).size}" for label in self.classes)
        return f"LabelledPoints(n={len(self)}, dim={self.dim}, labels={{{counts}}}, scale={self._scale})"


def _integer_points(points: Any) -> tuple[np.ndarray, int]:
    if isinstance(points, np.ndarray) and points.dtype.kind in "iu":
        if points.ndim != 2:
            raise ValueError(f"points must have shape (n, d), got {points.shape}")
        return (points if points.dtype != np.uint64 else integer_array(points)), 1
    rows = [list(point) for point in points]
    width = len(rows[0]) if rows else 0
    for index, row in enumerate(rows):
        if len(row) != width:
            raise ValueError(f"point {index} has {len(row)} coordinates, point 0 has {width}")
    fractions = (
        exact_fraction(value, f"coordinate {j} of point {i}")
        for i, row in enumerate(rows)
        for j, value in enumerate(row)
    )
    numerators, denominator = over_common_denominator(fractions)
    flat = integer_array(numerators) if numerators else np.zeros(0, dtype=np.int64)
    return flat.reshape(len(rows), width), denominator


def _integer_labels(labels: Iterable[Any]) -> np.ndarray:
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iu":
        return _checked_labels(labels)
    marks = []
    for index, label in enumerate(labels):
        value = exact_fraction(label, f"label {index}")
        if value.denominator != 1 or abs(value) >= 2**31:
            raise InexactInput(f"label {index} is {value}; labels are -1 and +1, or 0, 1, 2, ...")
        marks.append(int(value))
    return np.array(marks, dtype=np.int64)


def _checked_labels(labels: np.ndarray) -> np.ndarray:
    if labels.size and max(abs(int(labels.min())), abs(int(labels.max()))) >= 2**31:
        raise InexactInput(f"labels from {labels.min()} to {labels.max()}; labels are -1 and +1, or 0, 1, 2, ...")
    return labels.astype(np.int64)
