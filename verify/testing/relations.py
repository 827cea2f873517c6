"""Metamorphic relations: move an instance, and every verdict must move with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from verify.testing.claim_checks import Finding, Trial
from verify.verdict import Status, Verdict


@dataclass(frozen=True, slots=True)
class Moved:
    """An instance after a change that keeps every verdict.

    Attributes:
        how: the change, in words.
        data: the training set after it.
        radius: the radius after it.
        order: point k of ``data`` was point ``order[k]``.
    """

    how: str
    data: LabelledPoints
    radius: Fraction
    order: tuple[int, ...]


Relation = Callable[[LabelledPoints, Fraction], Iterator[Moved]]


def permutation(data: LabelledPoints, radius: Fraction) -> Iterator[Moved]:
    """Put the points in another order."""
    straight = tuple(range(len(data)))
    yield Moved("with the points in reverse order", data.subset(straight[::-1]), radius, straight[::-1])
    turned = straight[1:] + straight[:1]
    yield Moved("with the first point put last", data.subset(turned), radius, turned)


def axes(data: LabelledPoints, radius: Fraction) -> Iterator[Moved]:
    """Put the coordinates in another order, or turn their signs."""
    exact = data.numerators.astype(object)
    yield _kept("with the coordinates in reverse order", data, exact[:, ::-1], data.scale, radius)
    yield _kept("with the sign of every coordinate turned", data, -exact, data.scale, radius)


def translation(data: LabelledPoints, radius: Fraction) -> Iterator[Moved]:
    """Move all points by one vector: far to the negative side, and off every binary grid."""
    exact = data.numerators.astype(object)
    yield _kept("moved by -1000 along every axis", data, exact - 1000 * data.scale, data.scale, radius)
    thirds = np.array([j + 1 for j in range(data.dim)], dtype=object) * data.scale
    yield _kept("moved by (j + 1)/3 along axis j", data, 3 * exact + thirds, 3 * data.scale, radius)


def scaling(data: LabelledPoints, radius: Fraction) -> Iterator[Moved]:
    """Multiply coordinates and radius by one positive number, small and large."""
    exact = data.numerators.astype(object)
    for factor in (Fraction(1, 3 * 2**20), Fraction(3 * 2**20)):
        moved = exact * factor.numerator
        yield _kept(f"scaled by {factor}", data, moved, data.scale * factor.denominator, radius * factor)


def label_swap(data: LabelledPoints, radius: Fraction) -> Iterator[Moved]:
    """Turn every label."""
    swapped = LabelledPoints.of(data.numerators, -data.label_array, scale=data.scale)
    yield Moved("with every label turned", swapped, radius, tuple(range(len(data))))


RELATIONS: dict[str, Relation] = {
    "permutation": permutation,
    "axes": axes,
    "translation": translation,
    "scaling": scaling,
    "label_swap": label_swap,
}


def follows(name: str, trial: Trial, _: Any = None) -> Finding:
    """Judge "the verdict of every point is the same after the change"."""
    unknown: Finding | None = None
    for moved in RELATIONS[name](trial.data, trial.radius):
        try:
            after = trial.on(moved.data, moved.radius)
        except Exception as error:
            detail = f"{moved.how}, the builder raises {type(error).__name__}: {error}"
            return Finding(Verdict(name, "violated", "exact", detail=detail), moved.data, moved.radius, error)
        for place, origin in enumerate(moved.order):
            found = _compared(name, trial, after, moved.how, place, origin)
            if found.verdict.status == "violated":
                return found
            if found.verdict.status == "unknown":
                unknown = found
    return unknown or trial.finding(Verdict(name, "holds", "exact", method="decided again"))


def _compared(name: str, before: Trial, after: Trial, how: str, place: int, origin: int) -> Finding:
    old, new = before.decided.status[origin], after.decided.status[place]
    if old == new != "unknown":
        return before.finding(Verdict(name, "holds", "exact"))
    detail = f"point {origin} is {old}; {how} it is point {place}, and {new}"
    status: Status = "unknown" if "unknown" in (old, new) else "violated"
    wrong, index = (after, place) if new == "violated" else (before, origin)
    point = wrong.decided.witness(index)
    witness: dict[str, Any] | None = None
    if point is not None:
        output = [str(value) for value in wrong.network(point)]
        witness = {"index": index, "point": [str(x) for x in point], "output": output}
    return wrong.finding(Verdict(name, status, "exact", new, old, "equal", detail=detail, witness=witness))


def _kept(how: str, data: LabelledPoints, numerators: np.ndarray, scale: int, radius: Fraction) -> Moved:
    """Return the instance with other coordinates and the same points in the same order."""
    rows = [[Fraction(int(value), scale) for value in row] for row in numerators]
    return Moved(how, LabelledPoints.of(rows, data.label_array), radius, tuple(range(len(data))))
