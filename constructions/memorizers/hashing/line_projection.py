"""Integer directions along which opposite balls do not meet, and integer thresholds between them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.exact.integer_arrays import INT64_EXACT, integer_array, largest_magnitude
from constructions.exact.norms import dual_norm, length
from constructions.memorizers.instance import MemorizationInstance

_TRIALS = 64
_LARGEST = (31, 2**20)
_AXES = 256
_KEPT = 6


@dataclass(frozen=True, slots=True)
class ThresholdLine:
    """A line on which the balls of a data set lie between integer thresholds.

    The place of x is ``unit * <direction, x> - origin``. Where labels change between two
    neighbouring balls, one ends at a threshold or before, the other begins one step behind
    it or later.

    Attributes:
        direction: integers, one per coordinate.
        unit: a power of two times the scale of the data.
        origin: an integer, where the first threshold is.
        thresholds: increasing integers from 0, one per change of label.
        first: the label before the first threshold.
    """

    direction: tuple[int, ...]
    unit: Fraction
    origin: int
    thresholds: np.ndarray
    first: int

    @property
    def parameters(self) -> int:
        """Nonzero parameters of the map to the place."""
        return sum(1 for value in self.direction if value) + (self.origin != 0)


@dataclass(frozen=True, slots=True)
class _Changes:
    """The changes of label along one direction, places in units of the data's scale."""

    direction: tuple[int, ...]
    before: np.ndarray
    after: np.ndarray
    first: int
    reach: Fraction

    @property
    def room(self) -> Fraction:
        """The smallest gap between opposite balls, not positive where two meet."""
        return int((self.after - self.before).min()) - 2 * self.reach

    @property
    def worth(self) -> float:
        """About the square of the number of parameters that the thresholds need."""
        span = float(self.after[-1] - self.before[0]) / max(float(self.room), 1e-300)
        return len(self.before) * (math.log2(span + 1) + 2)


def threshold_lines(instance: MemorizationInstance, seed: int = 0) -> list[ThresholdLine]:
    """Return some lines without overlap, about the cheapest first, at least one.

    Directions are the axes, the difference of the class means, and seeded random ones with
    entries up to 31, up to 2^20, and up to twice the number of opposite pairs; for a radius of
    at most ``eps / (8 d p)``, p the number of those pairs, each of the last kind serves with probability at least
    one half, whatever the points are.

    Args:
        instance: data, norm and radius, both labels present.
        seed: of the random directions.

    Raises:
        AssumptionViolated: opposite balls overlap along every direction tried.

    Cost:
        O(n (d + log n)) per direction.
    """
    found, tried = [], 0
    for direction in _directions(instance, seed):
        tried += 1
        changes = _changes(instance, direction)
        if changes.room > 0:
            found.append(changes)
    if not found:
        raise AssumptionViolated(
            f"opposite balls of radius {instance.radius} overlap along all {tried} directions tried", "overlap"
        )
    found.sort(key=lambda changes: changes.worth)
    return [_thresholds(instance, changes) for changes in found[:_KEPT]]


def _directions(instance: MemorizationInstance, seed: int) -> Iterator[tuple[int, ...]]:
    data = instance.data
    for axis in range(min(data.dim, _AXES)):
        yield tuple(int(i == axis) for i in range(data.dim))
    mean = _difference_of_means(data)
    if any(mean):
        yield mean
    if data.dim == 1:
        return
    stream = np.random.RandomState(seed % 2**32)
    pairs = 2 * len(instance.inside) * len(instance.outside)
    for low, high in (*((-largest, largest + 1) for largest in _LARGEST), (0, min(pairs, INT64_EXACT))):
        for _ in range(_TRIALS):
            drawn = stream.randint(low, high, size=data.dim, dtype=np.int64)
            if drawn.any():
                yield tuple(int(value) for value in drawn)


def _difference_of_means(data: LabelledPoints) -> tuple[int, ...]:
    """Return the direction from the mean of one class to that of the other, rounded."""
    points = data.numerators.astype(float)
    difference = points[data.indices(1)].mean(axis=0) - points[data.indices(-1)].mean(axis=0)
    largest = float(np.abs(difference).max()) or 1.0
    return tuple(int(value) for value in np.rint(difference * (_LARGEST[0] / largest)))


def _changes(instance: MemorizationInstance, direction: tuple[int, ...]) -> _Changes:
    """Return where the label changes when the points are sorted along a direction."""
    data = instance.data
    size = length([Fraction(value) for value in direction], dual_norm(instance.norm))
    reach = instance.radius * data.scale * (_root_above(size) if instance.norm == "l2" else size)
    bound = largest_magnitude(data.numerators) * sum(abs(value) for value in direction)
    kind = np.int64 if bound < INT64_EXACT else object
    places = data.numerators.astype(kind) @ np.array(direction, dtype=kind)
    order = np.argsort(places, kind="stable")
    labels = data.label_array[order]
    ends = np.flatnonzero(labels[1:] != labels[:-1])
    return _Changes(direction, places[order[ends]], places[order[ends + 1]], int(labels[0]), reach)


def _thresholds(instance: MemorizationInstance, changes: _Changes) -> ThresholdLine:
    """Return integer thresholds in the coarsest power-of-two unit that has a step in every gap."""
    data, reach = instance.data, changes.reach
    # A judge may round the length of a ball's image up to a common denominator of points and radius.
    spare = Fraction(1, math.lcm(data.scale, instance.radius.denominator)) if instance.norm == "l2" else Fraction(0)
    unit = Fraction(2) ** -(math.ceil(changes.room).bit_length() + 1)
    while True:
        ends = _ceilings(changes.before, unit, unit * reach + spare)
        starts = -_ceilings(-changes.after, unit, unit * reach + spare)
        if bool((ends + 1 <= starts).all()):
            break
        unit *= 2
    origin = int(ends[0])
    return ThresholdLine(changes.direction, unit * data.scale, origin, integer_array(ends - origin), changes.first)


def _ceilings(places: np.ndarray, unit: Fraction, shift: Fraction) -> np.ndarray:
    """Return ``unit * places + shift``, rounded up."""
    common = math.lcm(unit.denominator, shift.denominator)
    numerators = places.astype(object) * int(unit * common) + int(shift * common)
    return np.asarray(-(-numerators // common))


def _root_above(square: Fraction) -> Fraction:
    """Return a rational number at least the root of a square, exact where the root is an integer."""
    unit = 2**20
    root = math.isqrt(math.floor(square * unit * unit))
    exact = Fraction(root, unit)
    return exact if exact * exact == square else Fraction(root + 1, unit)
