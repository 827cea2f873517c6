"""The number of parameters that two points take, found again by z3 over every choice of nonzero ones."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
import z3

from verify.capacity.memorization_bounds import coordinates_for_two_points, memorization_size_bounds

Point = list[Fraction]


def points_of_the_balls(dim: int, norm: str, ratio: Fraction) -> list[tuple[Point, int]]:
    """Return both centres, and each moved half-way to the other on every set of inputs that its ball allows."""
    reach = ratio * dim if norm == "l1" else ratio**2 * dim  # (2 radius)^p
    found: list[tuple[Point, int]] = []
    for count in range(dim + 1):
        if count <= reach:
            for chosen in combinations(range(dim), count):
                for centre, label in ((0, 1), (1, -1)):
                    found.append(([Fraction(1, 2) if j in chosen else Fraction(centre) for j in range(dim)], label))
    return found


def form(value: dict[str, Any], kind: str, point: Point) -> Any:
    return z3.Sum([z3.Q(x.numerator, x.denominator) * value[f"{kind}{j}"] for j, x in enumerate(point)])


def fits_with(parameters: int, dim: int, points: list[tuple[Point, int]]) -> bool:
    """Say whether some network with one hidden unit and edges past it, so many nonzero, is right on the points."""
    names = [f"{kind}{j}" for kind in ("direct", "hidden") for j in range(dim)] + ["bias", "outgoing", "threshold"]
    for chosen in combinations(names, parameters):
        value = {name: z3.Real(name) if name in chosen else z3.RealVal(0) for name in names}
        solver = z3.Solver()
        for point, label in points:
            direct = value["threshold"] + form(value, "direct", point)
            unit = value["bias"] + form(value, "hidden", point)
            solver.add(label * (direct + value["outgoing"] * z3.If(unit > 0, unit, z3.RealVal(0))) > 0)
        said = solver.check()
        assert said != z3.unknown
        if said == z3.sat:
            return True
    return False


@pytest.mark.theorem("memorization-size-bound-l2", claims=["input_bound"])
@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("ratio", ["0", "1/3", "1/2", "3/4"])
def test_no_network_with_a_hidden_unit_does_with_fewer_and_a_half_space_does_with_one_more(
    norm: str, dim: int, ratio: str
) -> None:
    points = points_of_the_balls(dim, norm, Fraction(ratio))
    (few,) = (b.size for b in memorization_size_bounds(2, dim, norm, ratio) if b.name == "inputs")
    assert few == coordinates_for_two_points(dim, norm, Fraction(ratio))
    assert not fits_with(few, dim, points) and fits_with(few + 1, dim, points)
