"""Bounds of the separable method are never above the truth, and broken bumps are never given margin 1.

Truths: exact evaluation at rational points of the balls, the affine pieces of tiny networks, and z3.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from constructions.data.norm_ball import Point
from constructions.memorizers.cuts import memorize_with_cuts
from constructions.memorizers.paper_l2 import memorize_by_the_papers_route_in_l2
from constructions.memorizers.sawtooth import memorize_with_kinks, memorize_with_sawtooth
from constructions.memorizers.shared_square import memorize_with_shared_square
from verify import robust_error
from verify.methods.separable.balls import root_above
from verify.methods.separable.margins import separable_bounds
from verify.testing.exact_distance import nearest_wrong
from verify.testing.strategies import memorization_instances

Rows = list[list[Fraction]]
BUILDERS: dict[str, Callable[..., ReluNetwork]] = {
    "shared-square": memorize_with_shared_square,
    "sawtooth": memorize_with_sawtooth,
    "kinks": memorize_with_kinks,
    "paper": memorize_by_the_papers_route_in_l2,
}
DIRECTIONS = [(1, 0, 1), (0, 1, 1), (3, 4, 5), (4, 3, 5), (5, 12, 13), (20, 21, 29), (8, 15, 17), (119, 120, 169)]
HAIR = Fraction(1, 2**30)


def bounds(network: ReluNetwork, data: LabelledPoints, radius: Fraction) -> list[Fraction | None]:
    """Return the bound of every ball; for label -1 of the negated network."""
    found: dict[int, list[Fraction | None]] = {}
    for label in data.classes:
        proofs = separable_bounds(signed(network, label), data.numerators, data.scale, radius)
        found[label] = [proof and proof.margin for proof in proofs]
    return [found[label][index] for index, label in enumerate(data.labels)]


def signed(network: ReluNetwork, label: int, shift: Fraction = Fraction(0)) -> ReluNetwork:
    """Return label times the network, less a shift."""
    last = network.maps[-1]
    row = [label * value for value in last.weight[0]]
    return ReluNetwork([*network.maps[:-1], AffineMap([row], [label * last.bias[0] - shift])])


def sphere(data: LabelledPoints, index: int, radius: Fraction) -> Iterator[Point]:
    """Yield rational points of a ball: the centre, its axes, towards others, and along integer directions."""
    centre, ball = data.point(index), NormBall("l2", radius)
    yield centre
    yield from ball.corners(centre)
    yield from (ball.towards(centre, other) for other in data.points)
    if data.dim == 2:
        for x, y, z in DIRECTIONS:
            for a, b in product((x, -x), (y, -y)):
                yield centre[0] + radius * Fraction(a, z), centre[1] + radius * Fraction(b, z)


def smallest_seen(network: ReluNetwork, data: LabelledPoints, index: int, radius: Fraction) -> Fraction:
    return min(data.labels[index] * network(point)[0] for point in sphere(data, index, radius))


# Bounds against the truth --------------------------------------------------------------


@pytest.mark.parametrize("name", list(BUILDERS))
@given(draws=st.data())
def test_no_point_of_a_ball_is_below_the_bound(name: str, draws: st.DataObject) -> None:
    """At any radius, those beyond the one the network was built for included."""
    data, built_for = draws.draw(memorization_instances("l2", max_points=4, max_dim=2, both_classes=True))
    radius = built_for * Fraction(draws.draw(st.integers(1, 48)), 16) + Fraction(1, 1000)
    network = BUILDERS[name](data, built_for)
    for index, bound in enumerate(bounds(network, data, radius)):
        assert bound is None or bound <= smallest_seen(network, data, index, radius)


@pytest.mark.parametrize("name", list(BUILDERS))
@given(draws=st.data())
def test_no_point_is_below_the_bound_around_other_centres(name: str, draws: st.DataObject) -> None:
    """Balls anywhere, not around the points that were memorized."""
    data, radius = draws.draw(memorization_instances("l2", max_points=4, max_dim=2, both_classes=True))
    network = BUILDERS[name](data, radius)
    row = st.lists(st.integers(-8, 24), min_size=data.dim, max_size=data.dim)
    rows = draws.draw(st.lists(row, min_size=1, max_size=4))
    label = draws.draw(st.sampled_from((-1, 1)))
    others = LabelledPoints.of([[Fraction(k, 16) for k in other] for other in rows], [label] * len(rows))
    smaller = radius * Fraction(draws.draw(st.integers(0, 16)), 16) + Fraction(1, 1000)
    for index, bound in enumerate(bounds(network, others, smaller)):
        assert bound is None or bound <= smallest_seen(network, others, index, smaller)


def _tiny(name: str) -> tuple[ReluNetwork, LabelledPoints, Fraction]:
    line = LabelledPoints.of([["0"], ["1"], ["5/2"]], [-1, 1, -1])
    plane = LabelledPoints.of([["0", "0"], ["1", "1"], ["-1/3", "2"]], [-1, 1, 1])
    kind, _, where = name.partition(" on the ")
    data, radius = (line, Fraction(1, 3)) if where == "line" else (plane, Fraction(1, 2))
    return BUILDERS[kind](data, radius), data, radius


TINY = ["shared-square on the line", "sawtooth on the line", "kinks on the line", "paper on the line"]
TINY += ["shared-square on the plane", "kinks on the plane"]


@pytest.mark.parametrize("share", ["1/2", "1", "9/8", "5/4", "3/2"])
@pytest.mark.parametrize("name", TINY)
def test_bounds_are_at_most_the_smallest_output_on_the_pieces(name: str, share: str) -> None:
    network, data, built_for = _tiny(name)
    radius = built_for * Fraction(share)
    for index, bound in enumerate(bounds(network, data, radius)):
        if bound is not None and bound != 0:
            below = bound - abs(bound) * HAIR
            wrong = nearest_wrong(signed(network, data.labels[index], below), 1, data.point(index), radius)
            assert wrong is None or wrong.square > radius**2


@pytest.mark.parametrize("share", ["1", "5/4"])
@pytest.mark.parametrize("name", TINY[:3] + TINY[4:])
def test_z3_finds_no_point_below_the_bound(name: str, share: str) -> None:
    network, data, built_for = _tiny(name)
    radius, answers = built_for * Fraction(share), []
    for index, bound in enumerate(bounds(network, data, radius)):
        if bound is not None:
            answers.append(_is_reached(network, data, index, radius, bound))
    assert z3.sat not in answers and (share != "1" or answers.count(z3.unsat) >= 1)


def test_z3_does_find_a_point_below_a_bound_that_is_too_high() -> None:
    network, data, radius = _tiny("shared-square on the line")
    found = [_is_reached(network, data, index, radius, Fraction(1) + HAIR) for index in range(len(data))]
    assert z3.sat in found


def _is_reached(network: ReluNetwork, data: LabelledPoints, index: int, radius: Fraction, bound: Fraction) -> Any:
    """Ask z3 whether label times the network is below the bound somewhere on the closed ball."""
    point = [z3.Real(f"x{axis}") for axis in range(data.dim)]
    solver = z3.Solver()
    solver.set("timeout", 3000)
    steps = [x - _number(c) for x, c in zip(point, data.point(index), strict=True)]
    solver.add(z3.Sum([step * step for step in steps]) <= _number(radius**2))
    values: list[Any] = list(point)
    for depth, affine in enumerate(network.maps):
        if depth:
            values = [z3.If(value > 0, value, z3.RealVal(0)) for value in values]
        values = [
            z3.Sum([_number(w) * v for w, v in zip(row, values, strict=True) if w] + [_number(shift)])
            for row, shift in zip(affine.weight, affine.bias, strict=True)
        ]
    solver.add(data.labels[index] * values[0] < _number(bound))
    return solver.check()


def _number(value: Fraction) -> Any:
    return z3.Q(value.numerator, value.denominator)


def test_networks_of_no_such_form_get_no_bound() -> None:
    data = LabelledPoints.of([[0, 0], [3, 4]], [1, -1])
    assert bounds(memorize_with_cuts(data, 1), data, Fraction(1)) == [None, None]
    plane = ReluNetwork([AffineMap([[1, 1]], [1])])
    assert bounds(plane, data, Fraction(1)) == [None, None]


@given(st.fractions(0, 10**6, max_denominator=10**6))
def test_the_root_is_rounded_upward(square: Fraction) -> None:
    root = root_above(square)
    assert root**2 >= square and root**2 <= square * (1 + HAIR)


def test_the_bound_is_exact_where_a_bump_just_ends_on_the_sphere() -> None:
    """The bound is still 1 on the largest ball that a bump does not reach, and not beyond."""
    network, data, radius = _tiny("shared-square on the plane")
    assert bounds(network, data, radius)[1:] == [Fraction(1)] * 2
    inner, outer = Fraction(1, 2), Fraction(5, 2)
    for _ in range(40):
        middle = (inner + outer) / 2
        is_proved = all((bound or 0) >= 1 for bound in bounds(network, data, middle)[1:])
        inner, outer = (middle, outer) if is_proved else (inner, middle)
    assert radius <= inner and (2 * inner) ** 2 < 2 * 2
    wrong = nearest_wrong(signed(network, 1, 1 - HAIR), 1, data.point(1), outer * Fraction(5, 4))
    assert wrong is None or wrong.square > inner**2


# Broken twins --------------------------------------------------------------------------


@cache
def _pair(name: str, share: str = "999/1000") -> tuple[ReluNetwork, LabelledPoints, Fraction]:
    """One bump between two opposite points, close to eps."""
    data = LabelledPoints.of([["0", "0"], ["3", "4"], ["-9", "12"]], [1, -1, -1])
    radius = Fraction(5, 2) * Fraction(share)
    return BUILDERS[name](data, radius), data, radius


def _edited(network: ReluNetwork, place: int, change: Callable[[Rows, list[Fraction]], None]) -> ReluNetwork:
    """Return the network with one of its maps changed in place."""
    maps = list(network.maps)
    rows, bias = [list(row) for row in maps[place].weight], list(maps[place].bias)
    change(rows, bias)
    maps[place] = AffineMap(rows, bias)
    return ReluNetwork(maps)


def _true_bounds(network: ReluNetwork, data: LabelledPoints, radius: Fraction) -> None:
    """Assert that no bound is above what exact evaluation shows."""
    for index, bound in enumerate(bounds(network, data, radius)):
        assert bound is None or bound <= smallest_seen(network, data, index, radius)


def test_a_bump_that_reaches_too_far_is_not_called_off() -> None:
    """The height above (2 eps - radius)^2: the bump is positive next to the opposite ball."""
    network, data, radius = _pair("shared-square")
    place, reach = len(network.maps) - 2, 5 - radius
    slope = -network.maps[place].weight[0][-1]

    def raised(by: Fraction) -> ReluNetwork:
        # Bias slope * (height - |a|^2) + the offset of the range; the centre is 0.
        def change(rows: Rows, bias: list[Fraction]) -> None:
            bias[0] += slope * by

        return _edited(network, place, change)

    nearest = NormBall("l2", radius).towards(data.point(1), data.point(0))
    assert bounds(network, data, radius)[1] == 1 and network(nearest) == (-1,)
    too_high = raised(reach**2 / 100)
    assert (-too_high(nearest)[0]) < 1
    assert (bounds(too_high, data, radius)[1] or 0) < 1
    # Between the height of the builder and the reach the bump may rise a little, never beyond.
    for share in (Fraction(1, 10**7), Fraction(1, 10**5), Fraction(1, 10**4), Fraction(1, 1000)):
        _true_bounds(raised(reach**2 * share), data, radius)


@pytest.mark.parametrize("name", ["shared-square", "sawtooth", "kinks"])
def test_a_slope_that_is_too_small_is_not_given_margin_one(name: str) -> None:
    """Half the slope, or any less than needed: the bump stays below 1 on the sphere of its own ball."""
    network, data, radius = _pair(name)
    assert (bounds(network, data, radius)[0] or 0) >= 1
    sphere_value = smallest_seen(network, data, 0, radius)
    bump = (sphere_value + 1) / 2
    for factor in (Fraction(1, 2) / bump, 1 / bump - Fraction(1, 10**6), Fraction(1, 8) / bump):

        def scaled(rows: Rows, bias: list[Fraction], factor: Fraction = factor) -> None:
            rows[0][:], bias[0] = [value * factor for value in rows[0]], bias[0] * factor

        flat = _edited(network, len(network.maps) - 2, scaled)
        assert smallest_seen(flat, data, 0, radius) < 1
        assert (bounds(flat, data, radius)[0] or 0) < 1
        _true_bounds(flat, data, radius)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("name", ["shared-square", "sawtooth", "kinks", "paper"])
def test_one_changed_weight_leaves_bounds_true(name: str, sign: int) -> None:
    """One weight of a tooth, a sum or a bump moved by a millionth, at random places of every map."""
    network, data, radius = _pair(name, "9/10")
    if name == "paper":
        network, data, radius = _tiny("paper on the line")
    draw = random.Random(11)
    for place, affine in enumerate(network.maps[:-1]):
        for _ in range(2):
            row = draw.randrange(affine.shape[0])
            columns = [column for column, value in enumerate(affine.weight[row]) if value]

            def moved(rows: Rows, bias: list[Fraction], row: int = row, column: int = draw.choice(columns)) -> None:
                rows[row][column] *= 1 + sign * Fraction(1, 10**6)

            twin = _edited(network, place, moved)
            _true_bounds(twin, data, radius)
            for index, bound in enumerate(bounds(twin, data, radius)):
                if smallest_seen(twin, data, index, radius) < 1:
                    assert (bound or 0) < 1


def test_a_tooth_moved_by_a_millionth_loses_margin_one_where_there_was_none_to_spare() -> None:
    """In one coordinate the bump of a kink of one piece is 1 exactly at the sphere: any change is seen."""
    data = LabelledPoints.of([[0], [1]], [1, -1])
    network, radius = memorize_with_kinks(data, "1/4"), Fraction(1, 4)
    value = (network([radius])[0] + 1) / 2

    def fitted(rows: Rows, bias: list[Fraction]) -> None:
        rows[0][:], bias[0] = [weight / value for weight in rows[0]], bias[0] / value

    exact = _edited(network, 1, fitted)
    assert smallest_seen(exact, data, 0, radius) == 1

    def steeper(rows: Rows, bias: list[Fraction]) -> None:
        rows[0][0] *= 1 + Fraction(1, 10**6)

    twin = _edited(exact, 1, steeper)
    assert smallest_seen(twin, data, 0, radius) < 1
    assert (bounds(twin, data, radius)[0] or 0) < 1
    assert (robust_error(twin, data, "l2", radius).margin(0) or 0) < 1


@pytest.mark.parametrize("side", ["own ball", "opposite ball"])
def test_a_cut_moved_into_a_ball_is_not_given_margin_one(side: str) -> None:
    """The threshold of a half-space inside a ball: the bump, or the test on the other ball, is less than 1 there."""
    data = LabelledPoints.of([[0, 0], [3, 4]], [1, -1])
    radius = Fraction(9, 4)
    network = memorize_with_cuts(data, radius)
    affected = 0 if side == "own ball" else 1
    first = network.maps[0]
    assert first.shape[0] == 1
    length = 5 * max(abs(value) for value in first.weight[0]) / 4

    def moved(rows: Rows, bias: list[Fraction]) -> None:
        # Towards the centre the test starts inside; away from it the other ball is not cut off.
        bias[0] += length * (radius / 10 if affected == 0 else -Fraction(1, 2))

    broken = _edited(network, 0, moved)
    direction = NormBall("l2", radius).towards(data.point(affected), data.point(1 - affected))
    assert data.labels[affected] * broken(direction)[0] < 1
    for method in ("auto", "separable", "paired", "affine", "interval"):
        margin = robust_error(broken, data, "l2", radius, method).margin(affected)
        assert margin is None or margin < 1
        assert (robust_error(network, data, "l2", radius, method).margin(affected) or 1) >= 1


def test_large_integers_are_not_taken_for_the_text_of_others() -> None:
    """The eight bytes of the bump's centre spell the point: only one of the two fits int64 there."""
    centre, far = int.from_bytes(b"[123456]", "little"), 2**63 + 2**60
    network = memorize_with_shared_square(LabelledPoints.of([[0], [centre], [2**63 + 2**61]], [-1, 1, -1]), 1, 2**55)
    assert network([123456]) == (-1,) and network([centre])[0] >= 1
    result = robust_error(network, LabelledPoints.of([[123456], [far]], [1, 1]), "l2", 1)
    assert result.status == ("violated", "violated")
    assert (
        robust_error(network, LabelledPoints.of([[centre], [far]], [1, 1]), "l2", 1, "separable").status[0] == "robust"
    )


def test_large_weights_of_units_that_are_zero_are_no_obstacle() -> None:
    """Their products are small: only the weights themselves do not fit int64."""
    first = AffineMap([[1], [0]], [0, -1])
    second = AffineMap([[-1, 2**70], [-1, 2**70]], [1, 2])
    network = ReluNetwork([first, second, AffineMap([[1, 0]], [1])])
    data = LabelledPoints.of([[0], [1]], [1, 1])
    assert robust_error(network, data, "l2", Fraction(1, 2)).status == ("robust", "robust")


def test_a_sum_that_is_negative_somewhere_is_not_carried_on_below_zero() -> None:
    """Where |x| + |y| - 1/2 is negative its ReLU is 0: the bump is 1 there, not 3/2."""
    corner = AffineMap([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4)
    network = ReluNetwork([corner, AffineMap([[1] * 4], ["-1/2"]), AffineMap([[-1]], [1]), AffineMap([[1]], ["-6/5"])])
    data = LabelledPoints.of([[0, 0]], [1])
    assert network([0, 0]) == (Fraction(-1, 5),)
    assert bounds(network, data, Fraction(1, 8)) == [None]
    assert robust_error(network, data, "l2", Fraction(1, 8)).status == ("violated",)
