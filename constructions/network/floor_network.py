"""Exact integer parts by steep steps: a staircase, or digit after digit in any mixture of bases."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from constructions.errors import AssumptionViolated
from constructions.exact.rational import exact_fraction
from constructions.network.affine_map import AffineMap
from constructions.network.named_units import Row, maps_of_rows
from constructions.network.relu_network import ReluNetwork


@dataclass(frozen=True, slots=True)
class FloorDigits:
    """How the cell numbers of some coordinates are found, all in the same number of layers.

    A coordinate is counted in steps: cell m is ``[m * side + 1, (m + 1) * side]``, and between
    two cells there is a ramp of one step.

    Attributes:
        cells: number of cells of each coordinate, at least 2.
        side: steps from one ramp to the next, at least 1.
        bases: for each coordinate the bases of its digits, the leading one first; their product
            is at least the number of cells. One digit is a staircase; base 1 is an idle layer.
    """

    cells: tuple[int, ...]
    side: int
    bases: tuple[tuple[int, ...], ...]

    @property
    def digits(self) -> int:
        """Number of digits, the same for all coordinates."""
        return len(self.bases[0])

    @property
    def strides(self) -> tuple[int, ...]:
        """By what each cell number is multiplied in the key: the products of the numbers of cells before."""
        return tuple(itertools.accumulate(self.cells[:-1], lambda a, b: a * b, initial=1))

    @property
    def parameters(self) -> int:
        """Nonzero parameters from the coordinates to the key, its own shift left out.

        Six a step; with more than one digit also two for each coordinate and digit, and the
        sum of all coordinates carried along.
        """
        steps = 6 * sum(base - 1 for own in self.bases for base in own)
        count = len(self.cells)
        return steps if self.digits == 1 else steps + 3 * count + 1 + 2 * (self.digits - 1) * (count + 1)


def smallest_floors(cells: Sequence[int], side: int) -> FloorDigits:
    """Return the digits of the fewest parameters, from a staircase to one binary digit after another.

    Args:
        cells: number of cells of each coordinate, at least one coordinate.
        side: steps from one ramp to the next.

    Example:
        >>> [smallest_floors([cells], 10).bases[0] for cells in (3, 8, 100)]
        [(3,), (2, 2, 2), (2, 2, 3, 3, 3)]
    """
    # Digits of bases far above 4 cost more than twice as many of the root of each base.
    longest = (max(cells) - 1).bit_length()
    choices = [
        FloorDigits(tuple(cells), side, tuple(_bases(count, digits) for count in cells))
        for digits in range(max(1, longest // 4), longest + 1)
    ]
    return min(choices, key=lambda choice: choice.parameters)


def integer_part_network(cells: int, ramp: Any, digits: int | None = None) -> ReluNetwork:
    """Return a network that rounds down, exactly, outside short ramps.

    Theorem: lem:grid-shift-and-floor

    Args:
        cells: the numbers to round lie in ``[0, cells]``.
        ramp: width of a ramp, positive and below 1.
        digits: number of digits; those of the fewest parameters by default.

    Returns:
        A network from R to R with output m on ``[m + ramp, m + 1]`` for ``m = 0, ..., cells - 1``,
        and output 0 on ``[0, 1]``.

    Raises:
        AssumptionViolated: a number is out of range.
        InexactInput: the ramp is a float.

    Example:
        >>> network = integer_part_network(100, "1/16")
        >>> [str(network([x])[0]) for x in ("16/17", "1", "17/16", "2", "98", "1571/16")]
        ['0', '0', '1', '1', '97', '98']
    """
    width = exact_fraction(ramp, "ramp")
    if cells < 2 or not 0 < width < 1 or (digits is not None and digits < 1):
        raise AssumptionViolated(
            f"cells must be at least 2, digits positive, ramp between 0 and 1, got {cells}, {digits}, {width}"
        )
    side = math.ceil(1 / width)
    plan = smallest_floors([cells], side) if digits is None else FloorDigits((cells,), side, (_bases(cells, digits),))
    return ReluNetwork([AffineMap([[side]], [0]), *key_maps(plan, 0)])


def key_maps(plan: FloorDigits, origin: int) -> list[AffineMap]:
    """Return maps from coordinates in steps to the key, the sum of strides times cell numbers.

    Theorem: lem:grid-shift-and-floor

    Args:
        plan: from ``smallest_floors``, or any that fits.
        origin: what is subtracted from the key.

    Returns:
        Maps with ReLUs between them, from one input per coordinate to the key.
    """
    count, strides = len(plan.cells), plan.strides
    inputs = [_unit("rest", axis) for axis in range(count)]
    if plan.digits == 1:
        rows = {axis: _passed(plan, axis, 0, stride) for axis, stride in enumerate(strides)}
        key: dict[str, int] = {name: value for row in rows.values() for name, value in row.items()}
        return maps_of_rows([_steps(plan, 0), {"key": (key, -origin)}], inputs)
    whole: dict[str, int] = dict(zip(inputs, strides, strict=True))
    layers: list[dict[str, Row]] = []
    for digit in range(plan.digits):
        layers.append({"whole": (whole, 0), **_carried(inputs), **_steps(plan, digit)})
        whole = {"whole": 1}
        if digit < plan.digits - 1:
            rests = {_unit("rest", axis): (_rest(plan, axis, digit, 1), 0) for axis in range(count)}
            layers.append({"whole": (whole, 0), **rests})
    # Key: the sum of all coordinates without what each is beyond the start of its cell.
    last = dict(whole)
    for axis, stride in enumerate(strides):
        last |= _rest(plan, axis, plan.digits - 1, -stride)
    return maps_of_rows([*layers, {"key": (last, -origin * plan.side)}], inputs, plan.side)


def _bases(cells: int, digits: int) -> tuple[int, ...]:
    """Return bases of the smallest sum whose product is at least a number: as equal as can be."""
    bases = [1] * digits
    for place in itertools.cycle(reversed(range(digits))):
        if math.prod(bases) >= cells:
            break
        bases[place] += 1
    return tuple(bases)


def _unit(name: str, axis: int, step: int = 0) -> str:
    return f"{name}{axis}.{step}" if step else f"{name}{axis}"


def _carried(names: Sequence[str]) -> dict[str, Row]:
    return {name: ({name: 1}, 0) for name in names}


def _steps(plan: FloorDigits, digit: int) -> dict[str, Row]:
    """Return two units for each step of a digit: their difference is 1 behind its ramp and 0 before."""
    rows: dict[str, Row] = {}
    for axis, bases in enumerate(plan.bases):
        worth = plan.side * math.prod(bases[digit + 1 :])
        for step in range(1, bases[digit]):
            rows[_unit("from", axis, step)] = ({_unit("rest", axis): 1}, -step * worth)
            rows[_unit("past", axis, step)] = ({_unit("rest", axis): 1}, -step * worth - 1)
    return rows


def _passed(plan: FloorDigits, axis: int, digit: int, factor: int) -> dict[str, int]:
    """Return a multiple of the number of steps passed, as weights."""
    row: dict[str, int] = {}
    for step in range(1, plan.bases[axis][digit]):
        row |= {_unit("from", axis, step): factor, _unit("past", axis, step): -factor}
    return row


def _rest(plan: FloorDigits, axis: int, digit: int, factor: int) -> dict[str, int]:
    """Return a multiple of what remains of a coordinate behind a digit, as weights."""
    worth = plan.side * math.prod(plan.bases[axis][digit + 1 :])
    return {_unit("rest", axis): factor, **_passed(plan, axis, digit, -factor * worth)}
