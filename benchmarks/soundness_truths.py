"""The truth about a ball without our methods: z3, affine pieces, points known to be wrong; and what came of asking."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import z3

from constructions import NormBall
from constructions.errors import BudgetExceeded
from verify.testing.exact_distance import nearest_wrong
from verify.testing.exhaustive import smallest_margin
from verify.testing.tiny_networks import TinyCase

Z3_MILLISECONDS = 4000
MOST_CELLS = 5000


@dataclass
class Found:
    """What judging some seeds brought.

    Attributes:
        counts: how many balls ended how.
        wrong: seed, case and what is wrong with it.
        undecided: seeds with a ball left unknown, by norm.
    """

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[int, TinyCase, str]] = field(default_factory=list)
    undecided: dict[str, list[int]] = field(default_factory=dict)

    def add(self, other: Found) -> None:
        """Add what other seeds brought."""
        self.counts += other.counts
        self.wrong += other.wrong
        for norm, seeds in other.undecided.items():
            self.undecided.setdefault(norm, []).extend(seeds)


@dataclass(frozen=True)
class Truth:
    """What is known of one ball without our methods.

    Attributes:
        is_wrong: whether it contains a wrong point, ``None`` if that is not known.
        value: an upper bound of the smallest output, the smallest output itself where enumerated.
        source: in words.
        problems: contradictions between the truths.
    """

    is_wrong: bool | None
    value: Fraction | None
    source: str
    problems: tuple[str, ...]

    @classmethod
    def of(cls, case: TinyCase, index: int, counts: Counter[str], use_z3: bool) -> Truth:
        """Ask enumeration and z3."""
        answers: dict[str, bool] = {}
        value = None
        if case.wrong is not None and index == 0:
            answers["a known point"], value = True, min(plain_margins(case, 0, list(case.wrong)))
        else:
            found, value = enumeration(case, index)
            counts["enumerated"] += found is not None
            if found is not None:
                answers["enumeration"] = found
        answer = z3_answer(case, index) if use_z3 else z3.unknown
        counts["z3 answers" if answer != z3.unknown else "z3 time-outs"] += use_z3
        if answer != z3.unknown:
            answers["z3"] = answer == z3.sat
        source = ", ".join(f"{name} says {'wrong' if wrong else 'right'}" for name, wrong in answers.items())
        problems = () if len(set(answers.values())) < 2 else (f"point {index}: the truths differ: {source}",)
        return cls(next(iter(answers.values()), None), value, f"{source}, smallest output {value}", problems)


def plain_margins(case: TinyCase, index: int, values: list[Any]) -> list[Any]:
    """Evaluate the network on fractions or z3 expressions, and return the margins."""
    for depth, affine in enumerate(case.network.maps):
        if depth:
            values = [z3.If(v > 0, v, 0) if isinstance(v, z3.ExprRef) else max(v, Fraction(0)) for v in values]
        values = [
            sum((_times(w, v) for w, v in zip(row, values, strict=True) if w), _like(values[0], shift))
            for row, shift in zip(affine.weight, affine.bias, strict=True)
        ]
    label = case.data.labels[index]
    if len(values) == 1:
        return [label * values[0]]
    return [values[label] - value for k, value in enumerate(values) if k != label]


def _like(value: Any, number: Fraction) -> Any:
    return z3.Q(number.numerator, number.denominator) if isinstance(value, z3.ExprRef) else number


def _times(weight: Fraction, value: Any) -> Any:
    return _like(value, weight) * value


def enumeration(case: TinyCase, index: int) -> tuple[bool | None, Fraction | None]:
    """Return whether the ball contains a wrong point, and the smallest output (l2: on the l1 ball inside it)."""
    network, label, centre = case.network, case.data.labels[index], case.data.point(index)
    if network.dim > 4:
        return None, None
    is_round = case.norm == "l2" and network.dim > 1
    norm = "l1" if case.norm == "l1" or is_round else "linf"
    try:
        smallest = smallest_margin(network, label, centre, NormBall(norm, case.radius), case.domain, MOST_CELLS)
        value = None if smallest is None else smallest.margin
        if not is_round:
            return value is not None and value <= 0, value
        nearest = nearest_wrong(network, label, centre, case.radius, case.domain, MOST_CELLS)
        return nearest is not None and nearest.square <= case.radius**2, value
    except BudgetExceeded:
        return None, None


def z3_answer(case: TinyCase, index: int) -> z3.CheckSatResult:
    """Ask z3 whether the closed ball contains a point that is wrong."""
    point = [z3.Real(f"x{axis}") for axis in range(case.network.dim)]
    solver = z3.Solver()
    solver.set("timeout", Z3_MILLISECONDS)
    radius = _like(point[0], case.radius)
    steps = [x - _like(x, c) for x, c in zip(point, case.data.point(index), strict=True)]
    if case.norm == "l2":
        solver.add(sum(step * step for step in steps) <= radius * radius)
    else:
        sizes = [z3.If(step >= 0, step, -step) for step in steps]
        solver.add(*([size <= radius for size in sizes] if case.norm == "linf" else [sum(sizes) <= radius]))
    for side, sign in zip(case.domain or (), (1, -1), strict=False):
        solver.add(*(sign * (x - _like(x, bound)) >= 0 for x, bound in zip(point, side, strict=True)))
    solver.add(z3.Or(*(margin <= 0 for margin in plain_margins(case, index, list(point)))))
    return solver.check()
