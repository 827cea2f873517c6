"""Lower bounds on networks that memorize every separated data set robustly (Theorem 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from constructions.errors import AssumptionViolated
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from verify.capacity.question import SizeQuestion
from verify.capacity.size_bound import SizeBound, certified_size_bound

Counts = Literal["nonzero", "dense"]
HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class MemorizationBound:
    """A size that is too small to memorize every data set of N points in one setting.

    Attributes:
        name: ``points``, ``pairs``, ``inputs``, ``first-layer`` or ``first-layer-dense``.
        size: W: some N points in dimension d, opposite ones at least 2 eps apart, are kept
            robustly at radius ratio * eps by no network with at most W parameters.
        counts: which parameters: ``nonzero`` ones, or ``dense`` ones, the sum over layers of
            (inputs + 1) * outputs.
        shattered: V, points on which such networks would realise every labelling; ``None``
            where the proof is another.
        width: units of the first layer that some data set needs; ``None`` likewise.
        meaning: one sentence.
        source: the argument.
        condition: ratios the argument needs; met here.
        certified: the count of sign vectors behind the size, with its certificate; ``None``
            where the size is a closed form.
    """

    name: str
    size: int
    counts: Counts
    shattered: int | None
    width: int | None
    meaning: str
    source: str
    condition: str
    certified: SizeBound | None


def memorization_size_bounds(points: Any, dim: Any, norm: str, ratio: Any) -> list[MemorizationBound]:
    """Return every lower bound on the size of robust memorizers, the largest of each count first.

    Args:
        points: N, a positive integer.
        dim: d, a positive integer.
        norm: of separation and perturbations.
        ratio: the radius over eps, half the separation; exact, in [0, 1).

    Returns:
        Bounds on nonzero parameters, then on dense ones. ``points`` is always there. What
        is left out does not apply or says nothing more.

    Raises:
        AssumptionViolated: the ratio is not in [0, 1).
        UsageError: the norm is unknown, or a number is out of range.
        InexactInput: a number is a float.

    Cost:
        Two certified sizes; milliseconds to seconds.

    Example:
        >>> [(bound.name, bound.size) for bound in memorization_size_bounds(64, 16, "l2", "49/50")]
        [('first-layer', 30), ('pairs', 27), ('inputs', 16), ('points', 5), ('first-layer-dense', 288)]
    """
    question, rho = SizeQuestion.of(points, dim), checked_ratio(ratio)
    count, axes = question.points, question.dim
    found = [
        *_by_labels(count, axes, norm, rho),
        *_by_width(count, axes, norm, rho),
        *_by_inputs(count, axes, norm, rho),
    ]
    return sorted(found, key=lambda bound: (bound.counts == "dense", -bound.size))


def checked_ratio(ratio: Any) -> Fraction:
    """Return a ratio of radius to eps as a fraction.

    Raises:
        AssumptionViolated: it is not in [0, 1).
        InexactInput: it is a float.
    """
    rho = exact_fraction(ratio, "ratio")
    if not 0 <= rho < 1:
        raise AssumptionViolated(f"the ratio of radius to eps must lie in [0, 1), got {rho}", "ratio")
    return rho


def points_per_pair(dim: int, norm: str, ratio: Fraction) -> int:
    """Return k: how many points two opposite balls can shatter in our families.

    In l1 and l2 the largest k of at most d with ``ratio^p >= 1 - 1/k``; in l-infinity
    ``1 + floor(log2(d + 1))`` for ratios of at least 1/2, else 1.
    """
    if check_norm(norm) == "linf":
        return (dim + 1).bit_length() if ratio >= HALF else 1
    return min(dim, int(1 / (1 - ratio ** (1 if norm == "l1" else 2))))


def shattered_points(points: int, dim: int, norm: str, ratio: Fraction) -> int:
    """Return V: points that memorizers of all N-point sets label in every way.

    N of them need no balls. Where a pair of opposite balls shatters k >= 3 points, pairs give
    ``floor(N/2) * k``, and a last point alone gives one more.
    """
    per_pair = points_per_pair(dim, norm, ratio)
    return points // 2 * max(per_pair, 2) + points % 2


def first_layer_width(points: int, dim: int, norm: str, ratio: Fraction) -> int:
    """Return how many units the first layer needs on the origin against unit vectors.

    With ``t = min(N-1, d)`` unit vectors and ratio rho: in l2 more than ``rho^2 t``; in l-infinity t
    from rho = 1/2 on, below more than ``t rho^2 / (rho^2 + (1 - rho)^2)``. In l1 one unit, the sum,
    tells them apart.
    """
    directions = min(points - 1, dim)
    if directions == 0 or check_norm(norm) == "l1":
        return min(directions, 1)
    if norm == "l2":
        return int(ratio * ratio * directions) + 1
    if ratio >= HALF:
        return directions
    return int(directions * ratio * ratio / (ratio * ratio + (1 - ratio) ** 2)) + 1


def coordinates_for_two_points(dim: int, norm: str, ratio: Fraction) -> int:
    """Return s: with how many coordinates, and with no fewer, any two opposite balls are told apart.

    The s largest coordinates of a difference of length ``2 eps`` are together longer than
    ``2 ratio eps``; fewer are not if all coordinates are equal.
    """
    if check_norm(norm) == "linf":
        return 1
    return int(dim * ratio ** (1 if norm == "l1" else 2)) + 1


def _by_labels(points: int, dim: int, norm: str, ratio: Fraction) -> list[MemorizationBound]:
    alone = certified_size_bound(points, dim)
    found = [
        MemorizationBound(
            name="points",
            size=alone.size,
            counts="nonzero",
            shattered=points,
            width=None,
            meaning=f"networks with at most {alone.size} nonzero parameters miss some labelling of {points} points",
            source="count of sign vectors on N points, perturbations not used",
            condition="any ratio",
            certified=alone,
        )
    ]
    count = shattered_points(points, dim, norm, ratio)
    if count > points:
        pairs, per_pair = certified_size_bound(count, dim), points_per_pair(dim, norm, ratio)
        found.append(
            MemorizationBound(
                name="pairs",
                size=pairs.size,
                counts="nonzero",
                shattered=count,
                width=None,
                meaning=f"networks with at most {pairs.size} nonzero parameters miss some labelling of {count} points, "
                f"{per_pair} in each pair of opposite balls",
                source="count of sign vectors on points that pairs of balls shatter",
                condition=_pairs_condition(norm, per_pair),
                certified=pairs,
            )
        )
    return found


def _pairs_condition(norm: str, per_pair: int) -> str:
    if norm == "linf":
        return "ratio at least 1/2"
    return f"ratio{'' if norm == 'l1' else '^2'} at least {1 - Fraction(1, per_pair)}"


def _by_width(points: int, dim: int, norm: str, ratio: Fraction) -> list[MemorizationBound]:
    width = first_layer_width(points, dim, norm, ratio)
    if width < 2:
        return []
    directions = min(points - 1, dim)
    full = norm == "linf" and ratio >= HALF
    source = f"the origin against {directions} unit vectors, and a null vector of the first layer"
    condition = "ratio at least 1/2" if full else "any ratio; larger ratios need more units"
    # Every unit that is needed reads an input, and all but the output unit are read.
    sizes: list[tuple[str, Counts, int, str]] = [
        ("first-layer", "nonzero", 2 * width - 2, "units read inputs, each with an input and but one with a reader"),
        ("first-layer-dense", "dense", width * (dim + 2), f"units in the first layer, each with {dim} inputs"),
    ]
    return [
        MemorizationBound(
            name=name,
            size=size,
            counts=counts,
            shattered=None,
            width=width,
            meaning=f"networks with at most {size} {counts} parameters fail on the origin and {directions} unit "
            f"vectors: {width} {why}",
            source=source,
            condition=condition,
            certified=None,
        )
        for name, counts, size, why in sizes
    ]


def _by_inputs(points: int, dim: int, norm: str, ratio: Fraction) -> list[MemorizationBound]:
    if points < 2 or norm == "linf":
        return []
    inputs = coordinates_for_two_points(dim, norm, ratio)
    return [
        MemorizationBound(
            name="inputs",
            size=inputs,
            counts="nonzero",
            shattered=None,
            width=None,
            meaning=f"networks with at most {inputs} nonzero parameters fail on the origin and multiples of "
            f"(1, ..., 1): {inputs} inputs must be read, and their weights alone give 0 at the origin",
            source="the origin against (1, ..., 1), moved half-way on the inputs read",
            condition="any ratio; larger ratios need more inputs",
            certified=None,
        )
    ]
