"""Cases on which every unit is decided: the smallest value of an affine form, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.data.norm_ball import NormBall, Point
from constructions.exact.integer_arrays import integer_array, largest_magnitude, scaled
from constructions.exact.linear_program import Optimum, looks_empty, minimum
from constructions.exact.simplex import LinearProgram
from constructions.network.relu_network import ReluNetwork
from verify.branching.nearest_point import nearest_point
from verify.certificate.trees import Multipliers

Form = tuple[tuple[Fraction, ...], Fraction]
_MOST_BITS = 4096


@dataclass(frozen=True, slots=True)
class Leaf:
    """One case of one ball: the network is affine on it.

    Attributes:
        output: coefficients and constant of the output there.
        sides: nonnegative forms, one per split unit: the unit or its negative.
        units: the split units, in the same order.
        centre: of the ball.
        radius: of the ball.
        norm: ``linf``, ``l1`` or ``l2``.
        low: lowest coordinates of the case, within the box around the ball.
        high: highest coordinates.
        is_cut: the box is smaller than the one around the ball.
    """

    output: Form
    sides: tuple[Form, ...]
    units: tuple[int, ...]
    centre: Point
    radius: Fraction
    norm: str
    low: Point
    high: Point
    is_cut: bool

    def decide(self) -> Multipliers | Point | None:
        """Return multipliers that prove the output positive, or a point where it is not.

        ``None`` if neither was found, which exact arithmetic should not allow.
        """
        if any(low > high for low, high in zip(self.low, self.high, strict=True)):
            return Multipliers()
        if self.norm == "l1":
            return self._decide_l1()
        program = self._program(self.output[0], self.low, self.high)
        if looks_empty(program) and (proof := self._impossible()) is not None:
            return proof
        best = minimum(program)
        if best is None:
            return self._impossible()
        if best.value + self.output[1] > 0:
            return self._rounded(best.duals, Fraction(0))
        return best.point if self.norm == "linf" else self._decide_l2()

    def _program(self, cost: Sequence[Fraction], low: Sequence[Fraction], high: Sequence[Fraction]) -> LinearProgram:
        return LinearProgram(cost, [form for form, _ in self.sides], [-rest for _, rest in self.sides], low, high)

    def _decide_l1(self) -> Multipliers | Point | None:
        program = self._around(self.output[0], elastic=False)
        if looks_empty(program) and (proof := self._impossible()) is not None:
            return proof
        best = minimum(program)
        if best is None:
            return self._impossible()
        rest = self.output[1] + _product(self.output[0], self.centre)
        if best.value + rest <= 0:
            dim = len(self.centre)
            steps = zip(self.centre, best.point[:dim], best.point[dim:], strict=False)
            return tuple(value + up - down for value, up, down in steps)
        return self._rounded(best.duals[: len(self.sides)], best.duals[-1])

    def _around(self, cost: Sequence[Fraction], elastic: bool) -> LinearProgram:
        """Return the program over steps up and down from the centre, which add up to the radius.

        If elastic, over a violation allowed to all sides and to the radius as well.
        """
        zero, one = Fraction(0), Fraction(1)
        extra = (one,) if elastic else ()
        rows = [(*form, *(-value for value in form), *extra) for form, _ in self.sides]
        right = [-rest - _product(form, self.centre) for form, rest in self.sides]
        rows.append((*((-one,) * (2 * len(self.centre))), *extra))
        right.append(-self.radius)
        ends = list(zip(self.centre, self.low, self.high, strict=True))
        low = [max(a - c, zero) for c, a, _ in ends] + [max(c - b, zero) for c, _, b in ends]
        high = [max(b - c, zero) for c, _, b in ends] + [max(c - a, zero) for c, a, _ in ends]
        price = (*cost, *(-value for value in cost), *extra)
        return LinearProgram(price, rows, right, [*low, *(zero for _ in extra)], [*high, *(None for _ in extra)])

    def _decide_l2(self) -> Multipliers | Point | None:
        """Compare the distance of the points where the output is at most 0 with the radius."""
        forms = [*self.sides, (tuple(-value for value in self.output[0]), -self.output[1])]
        if self.is_cut:
            forms += [self._limit(j, 1, -low) for j, low in enumerate(self.low)]
            forms += [self._limit(j, -1, high) for j, high in enumerate(self.high)]
        rows = [form for form, _ in forms]
        found = nearest_point(rows, [-rest - _product(form, self.centre) for form, rest in forms])
        if found is None:
            return None
        step, weights = found
        if sum(value * value for value in step) <= self.radius * self.radius:
            return tuple(value + change for value, change in zip(self.centre, step, strict=True))
        count = len(self.sides)
        share = weights[count]
        for bits in range(0, _MOST_BITS, 8):
            part = share if share > 0 else Fraction(1, 2**bits)
            result = self._rounded([value / part for value in weights[:count]], 1 / (2 * part))
            if result is not None:
                return result
            if share > 0:
                return None
        return None

    def _limit(self, axis: int, sign: int, rest: Fraction) -> Form:
        return tuple(Fraction(sign if j == axis else 0) for j in range(len(self.centre))), rest

    def _impossible(self) -> Multipliers | None:
        """Return multipliers that prove the case empty: pull until any output is positive."""
        if self.norm == "l1":
            gap = minimum(self._around((Fraction(0),) * len(self.centre), elastic=True))
        else:
            zero, one = Fraction(0), Fraction(1)
            rows = [(*form, one) for form, _ in self.sides]
            right = [-rest for _, rest in self.sides]
            cost = (*((zero,) * len(self.centre)), one)
            gap = minimum(LinearProgram(cost, rows, right, (*self.low, zero), (*self.high, None)))
        if gap is None or gap.value <= 0:
            return None
        return self._pulled(gap)

    def _pulled(self, gap: Optimum) -> Multipliers | None:
        for bits in range(0, _MOST_BITS, 8):
            factor = Fraction(2**bits)
            pull = gap.duals[-1] * factor if self.norm == "l1" else Fraction(0)
            result = self._rounded([value * factor for value in gap.duals[: len(self.sides)]], pull)
            if result is not None:
                return result
        return None

    def _rounded(self, weights: Sequence[Fraction], pull: Fraction) -> Multipliers | None:
        """Return dyadic multipliers that still prove the output positive, shortest first."""
        if not self._proves(weights, pull):
            return None
        bits = 12
        while bits <= _MOST_BITS:
            short = [_dyadic(value, bits) for value in weights]
            ball = _dyadic(pull, bits) if self.is_cut else Fraction(0)
            if self._proves(short, ball):
                betas = {unit: value for unit, value in zip(self.units, short, strict=True) if value}
                return Multipliers({}, betas, ball)
            bits *= 2
        return None

    def _proves(self, weights: Sequence[Fraction], pull: Fraction) -> bool:
        """Return whether the multipliers give a positive bound."""
        form, rest = list(self.output[0]), self.output[1]
        for (side, constant), weight in zip(self.sides, weights, strict=True):
            if weight:
                form = [value - weight * entry for value, entry in zip(form, side, strict=True)]
                rest -= weight * constant
        limits = zip(form, self.low, self.high, strict=True)
        if rest + sum(value * (low if value > 0 else high) for value, low, high in limits) > 0:
            return True
        if self.norm == "linf":
            return False
        middle = rest + _product(form, self.centre)
        if middle > 0 and self._is_far(form, middle):
            return True
        return pull > 0 and middle + self._lagrangian(form, pull) > 0

    def _is_far(self, form: Sequence[Fraction], middle: Fraction) -> bool:
        if self.norm == "l1":
            return middle > self.radius * max(abs(value) for value in form)
        return middle * middle > self.radius * self.radius * sum(value * value for value in form)

    def _lagrangian(self, form: Sequence[Fraction], pull: Fraction) -> Fraction:
        """Return the smallest change of the form plus ``pull`` times how far the ball is left."""
        total = -pull * (self.radius if self.norm == "l1" else self.radius * self.radius)
        for value, centre, low, high in zip(form, self.centre, self.low, self.high, strict=True):
            inner = -value / (2 * pull) if self.norm == "l2" else Fraction(0)
            steps = (low - centre, high - centre, min(max(inner, low - centre), high - centre))
            total += min(value * t + pull * (abs(t) if self.norm == "l1" else t * t) for t in steps)
        return total


def leaf_of(
    network: ReluNetwork,
    is_on: Sequence[bool] | np.ndarray,
    splits: dict[int, bool],
    centre: Point,
    ball: NormBall,
    box: tuple[Point, Point],
    is_cut: bool,
) -> Leaf:
    """Return the exact problem of a case whose units are all decided.

    Args:
        network: one output.
        is_on: phase of every hidden unit.
        splits: the units decided by splits, and whether they are on.
        centre: of the ball.
        ball: norm and radius.
        box: lowest and highest coordinates of the case.
        is_cut: the box is smaller than the one around the ball.
    """
    units = sorted(splits)
    forms, output = affine_forms(network, is_on, units)
    sides = tuple(
        (form, rest) if splits[unit] else (tuple(-value for value in form), -rest)
        for unit, (form, rest) in zip(units, forms, strict=True)
    )
    return Leaf(output, sides, tuple(units), centre, ball.radius, ball.norm, *box, is_cut)


def affine_forms(
    network: ReluNetwork, is_on: Sequence[bool] | np.ndarray, units: Sequence[int]
) -> tuple[list[Form], Form]:
    """Return the inputs of some hidden units, and the output, as affine forms under fixed phases.

    Args:
        network: one output.
        is_on: phase of every hidden unit.
        units: the units wanted.
    """
    wanted: set[int] = set(units)
    forms: dict[int, Form] = {}
    columns = integer_array(np.eye(network.dim, network.dim + 1, dtype=np.int64))
    unit, first = 1, 0
    for depth, affine in enumerate(network.maps):
        columns = affine.numerators.times(columns, largest_magnitude(columns))
        shift = scaled(affine.bias_numerators, unit)
        if columns.dtype != object and largest_magnitude(columns) + largest_magnitude(shift) >= 2**62:
            columns = columns.astype(object)
        columns = columns.copy()
        columns[:, -1] = columns[:, -1] + shift
        unit *= affine.denominator
        if depth == len(network.maps) - 1:
            return [forms[name] for name in units], _form(columns[0], unit)
        for index in range(affine.shape[0]):
            if first + index in wanted:
                forms[first + index] = _form(columns[index], unit)
        phases = np.asarray(is_on[first : first + affine.shape[0]], dtype=bool)
        columns[~phases] = 0
        columns = integer_array(columns)
        first += affine.shape[0]
    raise AssertionError("a network has at least one map")


def _form(row: np.ndarray, unit: int) -> Form:
    values = [Fraction(int(value), unit) for value in row]
    return tuple(values[:-1]), values[-1]


def _dyadic(value: Fraction, bits: int) -> Fraction:
    """Return the value rounded to that many leading bits."""
    if not value:
        return value
    shift = bits - (value.numerator.bit_length() - value.denominator.bit_length())
    return Fraction(round(value * Fraction(2) ** shift)) / Fraction(2) ** shift


def _product(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True) if a and b), Fraction(0))
