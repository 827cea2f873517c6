"""Unsafe sets of networks: boxes of inputs on which outputs must not meet linear conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.errors import UsageError
from constructions.exact.rational import exact_fraction
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork


@dataclass(frozen=True, slots=True)
class Constraint:
    """The condition ``sum of c_j * y_j <= bound`` on the outputs ``y`` of a network.

    Attributes:
        coefficients: pairs of an output and its coefficient, none of them 0.
        bound: the right-hand side.
        strict: whether equality does not meet the condition.
    """

    coefficients: tuple[tuple[int, Fraction], ...]
    bound: Fraction
    strict: bool = False

    def holds(self, outputs: Sequence[Fraction]) -> bool:
        """Return whether the outputs meet the condition."""
        value = sum((factor * outputs[place] for place, factor in self.coefficients), Fraction(0))
        return value < self.bound or (value == self.bound and not self.strict)


@dataclass(frozen=True, slots=True)
class Case:
    """A closed box of inputs, and conditions that the outputs there must not all meet.

    Attributes:
        lower: the least value of each input.
        upper: the greatest value of each input.
        constraints: the conditions; without any, every point of the box is unsafe.
    """

    lower: tuple[Fraction, ...]
    upper: tuple[Fraction, ...]
    constraints: tuple[Constraint, ...]

    def network(self, network: ReluNetwork) -> ReluNetwork:
        """Return the network with one output ``sum of c_j * y_j - bound`` for each constraint.

        The case is reached iff at some point of the box all outputs are at most 0, and
        those of strict constraints less than 0.

        Raises:
            UsageError: the network has other inputs, or too few outputs.
            BudgetExceeded: the last map would be too large to hold.
        """
        self._refuse_other(network)
        entries = [(row, *entry) for row, part in enumerate(self.constraints) for entry in part.coefficients]
        outer = AffineMap.from_coo(
            [row for row, _, _ in entries],
            [place for _, place, _ in entries],
            [factor for _, _, factor in entries],
            (len(self.constraints), network.outputs),
            [-part.bound for part in self.constraints],
        )
        *before, last = network.maps
        return ReluNetwork([*before, composed(outer, last)])

    def is_reached_at(self, network: ReluNetwork, point: Sequence[Any]) -> bool:
        """Return, exactly, whether a point lies in the box and its outputs meet every constraint.

        Raises:
            UsageError: the network or the point has other inputs, or there are too few outputs.
            InexactInput: a coordinate is a float.
        """
        self._refuse_other(network)
        if len(point) != len(self.lower):
            raise UsageError(f"a point of {len(point)} coordinates does not fit a box of {len(self.lower)}")
        exact = [exact_fraction(value, f"coordinate {place}") for place, value in enumerate(point)]
        inside = all(low <= value <= high for low, value, high in zip(self.lower, exact, self.upper, strict=True))
        if not inside:
            return False
        outputs = network(exact)
        return all(part.holds(outputs) for part in self.constraints)

    def _refuse_other(self, network: ReluNetwork) -> None:
        places = [place for part in self.constraints for place, _ in part.coefficients]
        if network.dim != len(self.lower) or max(places, default=-1) >= network.outputs:
            raise UsageError(
                f"a property of {len(self.lower)} inputs and at least {max(places, default=-1) + 1} outputs "
                f"does not fit a network of {network.dim} inputs and {network.outputs} outputs"
            )


@dataclass(frozen=True, slots=True)
class Property:
    """The unsafe set of a network: the union of some cases. It holds iff none is reached.

    Attributes:
        inputs: number of inputs.
        outputs: number of outputs.
        cases: the cases whose box is not empty.
    """

    inputs: int
    outputs: int
    cases: tuple[Case, ...]

    def refuse_other(self, network: ReluNetwork) -> None:
        """Refuse a network of other dimensions.

        Raises:
            UsageError: the number of inputs or outputs differs.
        """
        if (network.dim, network.outputs) != (self.inputs, self.outputs):
            raise UsageError(
                f"a property of {self.inputs} inputs and {self.outputs} outputs does not fit "
                f"a network of {network.dim} inputs and {network.outputs} outputs"
            )
