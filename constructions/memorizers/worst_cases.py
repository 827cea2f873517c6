"""What every memorizer takes at most on any data set of so many points, whatever the points are."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from constructions.memorizers.hashing.grid_worst_case import count_grid_worst_case
from constructions.memorizers.hashing.worst_case import count_worst_case
from constructions.memorizers.layer_widths import (
    Widths,
    bump_widths,
    papers_widths,
    sawtooth_widths,
    shared_square_widths,
)
from constructions.memorizers.paper import count_papers_route
from constructions.memorizers.sawtooth import pieces_needed
from constructions.memorizers.square_scale import levels_needed

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class WorstCase:
    """A size that suffices for every data set of N points in dimension d at one radius / eps.

    Attributes:
        parameters: nonzero weights and biases, at most.
        widths: of inputs, hidden layers and outputs, at most; empty where they are not known.
        condition: on the points, in words, where the size does not suffice for all of them; such
            a size may be below a lower bound without any contradiction.
    """

    parameters: int
    widths: Widths = ()
    condition: str = ""


def _classes(points: int) -> tuple[int, int]:
    """Return the sizes of the smaller and the larger class that cost most: all counts here rise with the smaller."""
    return points // 2, points - points // 2


def box_at_worst(points: int, dim: int, ratio: Fraction, norm: str) -> WorstCase:
    """Return ``m*(6*d+2)+1``, m half the points: boxes in linf, cones in l1."""
    smaller, _ = _classes(points)
    return WorstCase(smaller * (6 * dim + 2) + 1, bump_widths(dim, 2 * dim * smaller, smaller))


def literals_at_worst(points: int, dim: int, ratio: Fraction, norm: str) -> WorstCase:
    """Return ``m*(3*min(2*d, k)+2)+1``: at most one test per face and per opposite point, none shared."""
    smaller, larger = _classes(points)
    tests = min(2 * dim, larger)
    return WorstCase(smaller * (3 * tests + 2) + 1, bump_widths(dim, smaller * tests, smaller))


def cuts_at_worst(points: int, dim: int, ratio: Fraction, norm: str) -> WorstCase:
    """Return ``m*(k*(d+2)+2)+1``: at most one half-space per opposite point, of d coordinates.

    Where ``d * ratio < 1`` (l1) or ``d * ratio^2 < 1`` (l2), and always in linf, every difference of
    opposite points has a coordinate above twice the radius, so coordinate tests do.
    """
    if norm == "linf" or dim * ratio ** (1 if norm == "l1" else 2) < 1:
        return literals_at_worst(points, dim, ratio, norm)
    smaller, larger = _classes(points)
    return WorstCase(smaller * (larger * (dim + 2) + 2) + 1, bump_widths(dim, smaller * larger, smaller))


def shared_square_at_worst(points: int, dim: int, ratio: Fraction, norm: str) -> WorstCase:
    """Return ``m*(d+3)+1+8*d*q+q`` where all coordinates lie in one interval of length ``2 N eps``."""
    smaller, _ = _classes(points)
    levels = levels_needed(2 * points + 2 * ratio, dim, ratio, ONE)
    count = smaller * (dim + 3) + 1 + 8 * dim * levels + levels
    return WorstCase(count, shared_square_widths(dim, levels, smaller), "all coordinates within 2 N eps")


def hashed_bits_at_worst(points: int, dim: int, ratio: Fraction, norm: str) -> WorstCase | None:
    """Return the guaranteed size of thresholds stored many to a weight, where a line is certain to exist."""
    count = count_worst_case(points, dim, ratio)
    return None if count is None else WorstCase(count, (), "points at most 2 N eps apart")


def hashed_grid_at_worst(points: int, dim: int, ratio: Fraction, norm: str) -> WorstCase | None:
    """Return the guaranteed size of cells of a shifted grid with numbers, where a grid is certain to exist."""
    count = count_grid_worst_case(points, dim, ratio, norm)
    return None if count is None else WorstCase(count, (), "all coordinates of an axis within 2 N eps")


def sawtooth_at_worst(points: int, dim: int, ratio: Fraction, norm: str) -> WorstCase:
    """Return ``m*(7*d*q+11*d+q+2)+1``, q from the dimension and the ratio alone."""
    smaller, _ = _classes(points)
    levels = levels_needed(2 - ratio, dim, ratio, ONE)
    count = smaller * (7 * dim * levels + 11 * dim + levels + 2) + 1
    return WorstCase(count, sawtooth_widths(dim, levels, smaller))


def kinks_at_worst(points: int, dim: int, ratio: Fraction, norm: str) -> WorstCase:
    """Return ``m*(6*d*s+2)+1``, s from the dimension and the ratio alone."""
    smaller, _ = _classes(points)
    pieces = pieces_needed(2 - ratio, dim, ratio)
    return WorstCase(smaller * (6 * dim * pieces + 2) + 1, bump_widths(dim, 2 * dim * pieces * smaller, smaller))


def paper_at_worst(points: int, dim: int, ratio: Fraction, norm: str) -> WorstCase:
    """Return the count of the paper's route in linf, which spends a bump on every point."""
    return WorstCase(count_papers_route(points, dim), papers_widths(dim, points))
