"""Exact programs against z3 and brute force: linear systems, linear programs, nearest points, leaves."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations

import pytest
import z3

from constructions import NormBall
from constructions.exact import linear_program
from constructions.exact.linear_program import Optimum, minimum, proved_value
from constructions.exact.linear_systems import independent_rows, solve_exactly
from constructions.exact.simplex import LinearProgram, pivoted
from verify.branching.leaf import Leaf
from verify.branching.nearest_point import nearest_point
from verify.certificate.trees import Multipliers
from verify.testing.exact_distance import shortest_in_hull

Vector = tuple[Fraction, ...]
ZERO, ONE = Fraction(0), Fraction(1)


def _number(stream: random.Random) -> Fraction:
    return Fraction(stream.randint(-5, 5), stream.choice((1, 1, 2, 3, 7, 2**20)))


def _vector(stream: random.Random, size: int) -> Vector:
    return tuple(ZERO if stream.random() < 0.3 else _number(stream) for _ in range(size))


def _product(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), ZERO)


def _z3(value: Fraction) -> z3.ArithRef:
    return z3.Q(value.numerator, value.denominator)


def _sum(form: Sequence[Fraction], unknowns: Sequence[z3.ArithRef]) -> z3.ArithRef:
    return sum((_z3(a) * x for a, x in zip(form, unknowns, strict=True)), _z3(ZERO))


# Linear systems ------------------------------------------------------------------------


def _determinant(rows: Sequence[Sequence[Fraction]]) -> Fraction:
    if not rows:
        return ONE
    minors = ([row[:j] + row[j + 1 :] for row in map(list, rows[1:])] for j in range(len(rows)))
    return sum(((-1) ** j * rows[0][j] * _determinant(minor) for j, minor in enumerate(minors)), ZERO)


@pytest.mark.parametrize("seed", range(4))
def test_square_systems_are_solved_or_singular(seed: int) -> None:
    stream, singular = random.Random(seed), 0
    for _ in range(60):
        size = stream.randint(0, 4)
        rows = [list(_vector(stream, size)) for _ in range(size)]
        if size > 1 and stream.random() < 0.4:
            rows[-1] = [2 * a - b / 3 for a, b in zip(rows[0], rows[-2], strict=True)]
        right = list(_vector(stream, size))
        solution = solve_exactly(rows, right)
        assert (solution is None) == (_determinant(rows) == 0)
        singular += solution is None
        if solution is not None:
            assert all(_product(row, solution) == value for row, value in zip(rows, right, strict=True))
    assert singular >= 5


def test_independent_rows_are_the_first_that_span() -> None:
    stream = random.Random(9)
    for _ in range(80):
        rows = [list(_vector(stream, 3)) for _ in range(stream.randint(0, 5))]
        rows += [[a + b for a, b in zip(rows[0], rows[-1], strict=True)]] if rows else []
        expected: list[int] = []
        for index in range(len(rows)):
            if _rank([rows[k] for k in [*expected, index]]) == len(expected) + 1:
                expected.append(index)
        assert independent_rows(rows) == expected


def _rank(rows: Sequence[Sequence[Fraction]]) -> int:
    for size in range(min(len(rows), 3), 0, -1):
        for chosen in combinations(rows, size):
            if any(_determinant([[row[j] for j in axes] for row in chosen]) for axes in combinations(range(3), size)):
                return size
    return 0


# Linear programs -----------------------------------------------------------------------


def _draw_program(stream: random.Random) -> LinearProgram:
    """Return a program with repeated, zero and dependent rows and equal limits now and then."""
    size = stream.randint(1, 4)
    rows = [_vector(stream, size) for _ in range(stream.randint(0, 6))]
    right = [_number(stream) for _ in rows]
    for _ in range(stream.choice((0, 0, 1, 2))):
        if rows:
            chosen, factor = stream.randrange(len(rows)), stream.choice((ONE, -ONE, Fraction(1, 3)))
            rows.append(tuple(factor * value for value in rows[chosen]))
            right.append(factor * right[chosen] + stream.choice((ZERO, ZERO, Fraction(1, 2**40), -Fraction(1, 2**40))))
    if stream.random() < 0.2:
        rows.append((ZERO,) * size)
        right.append(stream.choice((ZERO, -ONE, ONE, -Fraction(1, 2**40))))
    low = [_number(stream) for _ in range(size)]
    high: list[Fraction | None] = [value + stream.choice((0, 0, 1, 2, 5)) for value in low]
    cost = _vector(stream, size)
    if stream.random() < 0.3:
        axis = stream.randrange(size)
        high[axis] = None
        cost = (*cost[:axis], abs(cost[axis]), *cost[axis + 1 :])
        rows = [(*row[:axis], abs(row[axis]), *row[axis + 1 :]) for row in rows]
    return LinearProgram(cost, rows, right, low, high)


def _z3_minimum(program: LinearProgram) -> Fraction | None:
    unknowns = [z3.Real(f"x{j}") for j in range(len(program.cost))]
    solver = z3.Optimize()
    for row, bound in zip(program.rows, program.right, strict=True):
        solver.add(_sum(row, unknowns) >= _z3(bound))
    for x, low, high in zip(unknowns, program.low, program.high, strict=True):
        solver.add(*([] if low is None else [x >= _z3(low)]), *([] if high is None else [x <= _z3(high)]))
    found = solver.minimize(_sum(program.cost, unknowns))
    if solver.check() == z3.unsat:
        return None
    value = solver.lower(found)
    return Fraction(str(value))


def _is_proved(program: LinearProgram, point: Sequence[Fraction], duals: Sequence[Fraction]) -> bool:
    limits = zip(point, program.low, program.high, strict=True)
    return (
        all((low is None or low <= x) and (high is None or x <= high) for x, low, high in limits)
        and all(_product(row, point) >= bound for row, bound in zip(program.rows, program.right, strict=True))
        and all(dual >= 0 for dual in duals)
        and proved_value(program, duals) == _product(program.cost, point)
    )


def _without_proposals(program: LinearProgram) -> Optimum | None:
    found = pivoted(program)
    return None if found is None else Optimum(_product(program.cost, found[0]), *found)


@pytest.mark.parametrize("solve", [minimum, _without_proposals], ids=["with proposals", "pivots alone"])
@pytest.mark.parametrize("seed", range(3))
def test_linear_programs_are_solved_as_z3_solves_them(
    solve: Callable[[LinearProgram], Optimum | None], seed: int
) -> None:
    stream, empty = random.Random(seed), 0
    for _ in range(50):
        program = _draw_program(stream)
        found, expected = solve(program), _z3_minimum(program)
        assert (None if found is None else found.value) == expected, program
        empty += expected is None
        if found is not None:
            assert _is_proved(program, found.point, found.duals), program
    assert 5 <= empty <= 40


def test_a_wrong_proposal_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = random.Random(77)
    for _ in range(60):
        program = _draw_program(stream)
        names = [stream.choice(("low", "high", "basic", "zero")) for _ in program.cost]
        tight = [stream.random() < 0.5 for _ in program.rows]
        expected = _without_proposals(program)
        monkeypatch.setattr(linear_program, "_proposed_basis", lambda _, found=(names, tight): found)
        found = minimum(program)
        assert (None if found is None else found.value) == (None if expected is None else expected.value), program


def test_an_unbounded_program_is_refused() -> None:
    with pytest.raises(ArithmeticError, match="unbounded"):
        minimum(LinearProgram((-ONE,), [(ONE,)], [ZERO], [ZERO], [None]))


@pytest.mark.parametrize("rows", [[], [(ONE, ONE)]], ids=["no row", "one row"])
def test_limits_that_cross_leave_no_point(rows: list[Vector]) -> None:
    program = LinearProgram((ONE, -ONE), rows, [ZERO] * len(rows), [ONE, ZERO], [ZERO, ONE])
    assert minimum(program) is None


def test_numbers_that_floats_cannot_hold() -> None:
    for scale in (Fraction(10) ** 400, Fraction(1, 10**400), Fraction(2) ** 60 + 1):
        program = LinearProgram((scale, ONE), [(scale, scale)], [scale], [ZERO, ZERO], [ONE, ONE])
        found = minimum(program)
        assert found is not None and found.value == min(scale, ONE)
        assert _is_proved(program, found.point, found.duals)


def test_a_cube_cut_at_a_corner_keeps_a_hair() -> None:
    hair = Fraction(1, 2**200)
    for right, expected in ((3 - hair, 3 - hair), (Fraction(3), Fraction(3)), (3 + hair, None)):
        found = minimum(LinearProgram((ONE,) * 3, [(ONE,) * 3], [right], [ZERO] * 3, [ONE] * 3))
        assert (None if found is None else found.value) == expected


# Nearest points ------------------------------------------------------------------------


def _brute_nearest(rows: Sequence[Sequence[Fraction]], right: Sequence[Fraction], size: int) -> Fraction | None:
    """Return the squared distance of the polyhedron from the origin, trying every set of tight rows."""
    best: Fraction | None = None
    for count in range(min(len(rows), size) + 1):
        for chosen in combinations(range(len(rows)), count):
            gram = [[_product(rows[i], rows[j]) for j in chosen] for i in chosen]
            weights = solve_exactly(gram, [right[i] for i in chosen])
            if weights is None:
                continue
            point = [
                sum((w * rows[i][axis] for w, i in zip(weights, chosen, strict=True)), ZERO) for axis in range(size)
            ]
            if all(_product(row, point) >= bound for row, bound in zip(rows, right, strict=True)):
                square = _product(point, point)
                best = square if best is None else min(best, square)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_nearest_points_are_those_of_brute_force(seed: int) -> None:
    stream, empty = random.Random(seed), 0
    for _ in range(60):
        program = _draw_program(stream)
        size = len(program.cost)
        rows, right = list(program.rows), list(program.right)
        if not rows:
            continue
        found, expected = nearest_point(rows, right), _brute_nearest(rows, right, size)
        empty += found is None
        assert (found is None) == (expected is None), program
        if found is not None and expected is not None:
            point, weights = found
            assert _product(point, point) == expected
            assert all(weight >= 0 for weight in weights)
            assert all(_product(row, point) >= bound for row, bound in zip(rows, right, strict=True))
            assert point == [
                sum((w * row[axis] for w, row in zip(weights, rows, strict=True)), ZERO) for axis in range(size)
            ]
    assert empty >= 3


def test_the_nearest_point_of_a_hull_is_that_of_its_half_spaces() -> None:
    stream = random.Random(3)
    for _ in range(60):
        points = [_vector(stream, 2) for _ in range(stream.randint(1, 6))]
        step = shortest_in_hull(points)
        square = _product(step, step)
        assert all(_product(step, point) >= square for point in points)
        pairs = [(a, b) for a in points for b in points]
        assert square <= min(_product(a, b) if a == b else _segment(a, b) for a, b in pairs)


def _segment(first: Vector, last: Vector) -> Fraction:
    """Return the squared distance of a segment from the origin."""
    rise = [b - a for a, b in zip(first, last, strict=True)]
    share = min(max(-_product(first, rise) / _product(rise, rise), ZERO), ONE)
    point = [a + share * d for a, d in zip(first, rise, strict=True)]
    return _product(point, point)


# Leaves --------------------------------------------------------------------------------


def _draw_leaf(stream: random.Random, norm: str) -> Leaf:
    size = stream.randint(1, 3)
    centre = _vector(stream, size)
    radius = stream.choice((ZERO, Fraction(1, 3), ONE, Fraction(5, 2)))
    low, high = ([c + s * radius for c in centre] for s in (-1, 1))
    is_cut = stream.random() < 0.5
    if is_cut:
        low = [a + radius * Fraction(stream.randint(0, 4), 4) for a in low]
        high = [max(a, b - radius * Fraction(stream.randint(0, 4), 4)) for a, b in zip(low, high, strict=True)]
    sides = [(_vector(stream, size), _number(stream)) for _ in range(stream.randint(0, 4))]
    if sides and stream.random() < 0.3:
        form, rest = sides[0]
        sides.append((tuple(-value for value in form), -rest))
    constant = stream.choice((_number(stream), 3 + _number(stream), Fraction(1, 2**40)))
    output = (_vector(stream, size), constant)
    return Leaf(
        output, tuple(sides), tuple(range(len(sides))), centre, radius, norm, tuple(low), tuple(high), is_cut
    )  # fmt: skip


def _z3_says_wrong(leaf: Leaf) -> bool | None:
    unknowns = [z3.Real(f"x{j}") for j in range(len(leaf.centre))]
    solver = z3.Solver()
    solver.set("timeout", 4000)
    for x, low, high in zip(unknowns, leaf.low, leaf.high, strict=True):
        solver.add(x >= _z3(low), x <= _z3(high))
    solver.add(*(_sum(form, unknowns) + _z3(rest) >= 0 for form, rest in leaf.sides))
    steps = [x - _z3(c) for x, c in zip(unknowns, leaf.centre, strict=True)]
    if leaf.norm == "l1":
        solver.add(sum(z3.If(step >= 0, step, -step) for step in steps) <= _z3(leaf.radius))
    if leaf.norm == "l2":
        solver.add(sum(step * step for step in steps) <= _z3(leaf.radius) * _z3(leaf.radius))
    solver.add(_sum(leaf.output[0], unknowns) + _z3(leaf.output[1]) <= 0)
    answer = solver.check()
    return None if answer == z3.unknown else answer == z3.sat


def _is_wrong_there(leaf: Leaf, point: Sequence[Fraction]) -> bool:
    return (
        all(low <= x <= high for x, low, high in zip(point, leaf.low, leaf.high, strict=True))
        and NormBall(leaf.norm, leaf.radius).contains(leaf.centre, point)
        and all(_product(form, point) + rest >= 0 for form, rest in leaf.sides)
        and _product(leaf.output[0], point) + leaf.output[1] <= 0
    )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_leaves_are_decided_as_z3_decides_them(norm: str, seed: int) -> None:
    stream, proved, wrong = random.Random(seed), 0, 0
    for _ in range(40):
        leaf = _draw_leaf(stream, norm)
        found, truth = leaf.decide(), _z3_says_wrong(leaf)
        assert found is not None, leaf
        if isinstance(found, Multipliers):
            proved += 1
            assert truth is not True, leaf
            assert found.pull >= 0 and all(value >= 0 for value in found.betas.values())
            assert set(found.betas) <= set(leaf.units) and not found.slopes
        else:
            wrong += 1
            assert truth is not False and _is_wrong_there(leaf, found), leaf
    assert proved >= 8 and wrong >= 4, (proved, wrong)


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_a_leaf_that_only_touches_zero_gives_the_point(norm: str) -> None:
    centre, hair = (Fraction(1, 3), Fraction(2, 7)), Fraction(1, 2**60)
    form = (Fraction(3, 5), Fraction(4, 5))
    reach = {"linf": Fraction(7, 5), "l1": Fraction(4, 5), "l2": ONE}[norm]
    low, high = (tuple(c + s for c in centre) for s in (-1, 1))
    for offset in (ZERO, hair, -hair):
        output = (form, reach + offset - _product(form, centre))
        leaf = Leaf(output, (), (), centre, ONE, norm, low, high, False)
        found = leaf.decide()
        assert isinstance(found, Multipliers) == (offset > 0)
        if not isinstance(found, Multipliers):
            assert found is not None and _is_wrong_there(leaf, found)
