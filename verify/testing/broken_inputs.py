"""Broken twins of the half-space that reads the fewest inputs, and where each is caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from constructions.hard_distributions.diagonal import origin_against_diagonal
from constructions.memorizers.two_points import memorize_two_points
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.capacity.memorization_bounds import coordinates_for_two_points
from verify.claims.inputs_read import inputs_at_least
from verify.claims.robustness_claims import zero_robust_error
from verify.claims.size_claims import parameters_equal
from verify.robustness import robust_error
from verify.theorems.memorization_inputs import rational_radius_and_eps
from verify.verdict import Verdict

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Diagonal:
    """The origin against (1, ..., 1) at a ratio where ``ratio^p d`` is an integer.

    Attributes:
        dim: d.
        norm: ``"l1"`` or ``"l2"``.
        ratio: radius over eps.
    """

    dim: int
    norm: str
    ratio: Fraction

    @property
    def inputs(self) -> int:
        """How many inputs must be read."""
        return coordinates_for_two_points(self.dim, self.norm, self.ratio)

    @property
    def radius(self) -> Fraction:
        """The radius of the balls, squared in l2."""
        return self.ratio * self.dim / 2 if self.norm == "l1" else self.ratio**2 * self.dim / 4


Build = Callable[[Diagonal], ReluNetwork]


@dataclass(frozen=True, slots=True)
class InputTwin:
    """A wrong half-space and an instance that shows it.

    Attributes:
        builder: the wrong construction; the first line of its docstring says what is wrong.
        claim: the claim it breaks, by its name in the theorem card.
        instance: what it is built from.
    """

    builder: Build
    claim: str
    instance: Diagonal

    @property
    def name(self) -> str:
        """The twin's name, the norm and dimension, and the claim it breaks."""
        return f"{self.builder.__name__}-{self.instance.norm}-{self.instance.dim}-{self.claim}"

    def judge(self, builder: Build) -> Verdict:
        """Return the verdict on the claim for what a builder makes of the instance."""
        return _JUDGES[self.claim](builder(self.instance), self.instance)


def diagonal_genuine(asked: Diagonal) -> ReluNetwork:
    """The construction itself."""
    radius, eps = rational_radius_and_eps(asked.dim, asked.norm, asked.ratio)
    return memorize_two_points(origin_against_diagonal(2, asked.dim), radius, asked.norm, eps)


def diagonal_with_an_input_too_few(asked: Diagonal) -> ReluNetwork:
    """One input is left out: what is read differs by exactly twice the radius, so closed balls meet."""
    read = asked.inputs - 1
    return ReluNetwork([AffineMap([[-1] * read + [0] * (asked.dim - read)], [Fraction(read, 2)])])


def diagonal_read_by_a_unit_that_nothing_reads(asked: Diagonal) -> ReluNetwork:
    """All inputs are read, but those beyond the first only by a hidden unit without a reader."""
    first = AffineMap([[-1] + [0] * (asked.dim - 1), [1] * asked.dim], [1, 0])
    return ReluNetwork([first, AffineMap([[1, 0]], [-HALF])])


def diagonal_without_a_threshold(asked: Diagonal) -> ReluNetwork:
    """The plane goes through the origin, where the output is 0."""
    (plane,) = diagonal_genuine(asked).maps
    return ReluNetwork([AffineMap(plane.weight, [0])])


def _error(network: ReluNetwork, asked: Diagonal) -> Verdict:
    radius, _ = rational_radius_and_eps(asked.dim, asked.norm, asked.ratio)
    result = robust_error(network, origin_against_diagonal(2, asked.dim), asked.norm, radius)
    return zero_robust_error(result, "half_space_error")


def _inputs(network: ReluNetwork, asked: Diagonal) -> Verdict:
    return inputs_at_least(network, origin_against_diagonal(2, asked.dim), asked.norm, asked.radius, asked.inputs)


_JUDGES: dict[str, Callable[[ReluNetwork, Diagonal], Verdict]] = {
    "inputs_read": _inputs,
    "half_space_error": _error,
    "half_space_count": lambda network, asked: parameters_equal(network, asked.inputs + 1, "half_space_count"),
}
# In the last one half the distance of the two points is the square root of 2.
_BOUNDARY = (Diagonal(4, "l1", HALF), Diagonal(4, "l2", HALF), Diagonal(8, "l2", HALF))

INPUT_TWINS: tuple[InputTwin, ...] = (
    *(
        InputTwin(diagonal_with_an_input_too_few, claim, case)
        for claim in ("inputs_read", "half_space_error", "half_space_count")
        for case in _BOUNDARY
    ),
    *(InputTwin(diagonal_read_by_a_unit_that_nothing_reads, "inputs_read", case) for case in _BOUNDARY),
    *(InputTwin(diagonal_without_a_threshold, "half_space_error", case) for case in _BOUNDARY),
)
