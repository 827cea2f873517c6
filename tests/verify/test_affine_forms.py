"""Affine forms: exact where no unit changes phase, never above the truth, and at home in deep networks."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import verify
from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from constructions.classifiers.bit_extraction import BlockTable, classify_grid_by_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.data.norm_ball import Point
from constructions.exact.rational import over_common_denominator
from constructions.network.network_json import network_document
from verify.certificate import checker
from verify.methods.affine_forms import affine_margins, has_constant_balls
from verify.methods.ball_program import Domain, ball_program, margin_network
from verify.testing.exact_distance import nearest_wrong
from verify.testing.exhaustive import smallest_margin

NORMS = ("linf", "l1", "l2")
Corners = tuple[Point, Point]


def _number(stream: random.Random, size: int = 9) -> Fraction:
    return Fraction(stream.randint(-size, size), stream.choice((1, 2, 4, 3, 7)))


def _network(stream: random.Random, dim: int, outputs: int = 1, shift: int = 0) -> ReluNetwork:
    """Return a network; with a shift every unit is far from its kink."""
    widths = [dim, *(stream.randint(1, 4) for _ in range(stream.choice((0, 1, 1, 2, 3)))), outputs]
    maps = []
    for depth, (inputs, rows) in enumerate(pairwise(widths)):
        weight = [[_number(stream) for _ in range(inputs)] for _ in range(rows)]
        far = shift * 100 ** (depth + 1)
        maps.append(AffineMap(weight, [_number(stream) + stream.choice((-1, 1)) * far for _ in range(rows)]))
    return ReluNetwork(maps)


def _bounds(
    network: ReluNetwork,
    label: int,
    points: Sequence[Sequence[Fraction]],
    ball: NormBall,
    domain: Corners | None = None,
    deadline: float | None = None,
) -> list[Fraction | None]:
    """Return the bounds of the method, not only the positive ones."""
    data = LabelledPoints.of(points, [label] * len(points))
    box = None if domain is None else Domain(*domain)
    program = ball_program(margin_network(network, label), data.numerators, data.scale, ball, box)
    found = affine_margins(program, data.numerators, deadline)
    return [None if value is None else Fraction(value, program.scales[-1]) for value in found]


def _bound(
    network: ReluNetwork, label: int, point: Sequence[Fraction], ball: NormBall, domain: Corners | None = None
) -> Fraction | None:
    (value,) = _bounds(network, label, [point], ball, domain)
    return value


def _domain(stream: random.Random, centre: Sequence[Fraction], radius: Fraction) -> Corners:
    return (
        tuple(c - radius * Fraction(stream.randint(0, 4), 4) for c in centre),
        tuple(c + radius * Fraction(stream.randint(0, 4), 4) for c in centre),
    )


# Against the truth -----------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["linf", "l1"])
def test_bounds_are_never_above_the_smallest_margin(norm: str) -> None:
    stream, seen, tight = random.Random(f"below {norm}"), 0, 0
    for _ in range(150):
        dim, outputs = stream.randint(1, 3), stream.choice((1, 1, 3))
        network = _network(stream, dim, outputs)
        label = stream.choice((-1, 1)) if outputs == 1 else stream.randint(0, 2)
        centre = tuple(_number(stream) for _ in range(dim))
        radius = stream.choice((Fraction(0), Fraction(1, 64), Fraction(1, 4), Fraction(2)))
        ball, domain = NormBall(norm, radius), _domain(stream, centre, radius) if stream.random() < 0.3 else None
        bound = _bound(network, label, centre, ball, domain)
        found = smallest_margin(network, label, centre, ball, domain)
        if bound is not None and found is not None:
            seen += 1
            tight += bound == found.margin
            assert bound <= found.margin, (network.maps, centre, radius, domain)
    assert seen >= 40 and tight >= 20


def test_bounds_in_l2_are_never_above_the_smallest_margin() -> None:
    stream, seen = random.Random("below l2"), 0
    for _ in range(120):
        network, centre = _network(stream, 2), (_number(stream), _number(stream))
        ball = NormBall("l2", stream.choice((Fraction(1, 64), Fraction(1, 4), Fraction(2))))
        bound = _bound(network, 1, centre, ball)
        if bound is None:
            continue
        seen += 1
        hair = Fraction(1, 2**80)
        *hidden, last = network.maps
        lowered = ReluNetwork([*hidden, AffineMap(last.weight, [last.bias[0] - bound + hair])])
        nearest = nearest_wrong(lowered, 1, centre, ball.radius)
        assert nearest is None or nearest.square > ball.radius**2, (network.maps, centre, ball)
    assert seen >= 30


@pytest.mark.parametrize("norm", ["linf", "l1"])
def test_a_network_whose_units_keep_their_phase_is_bounded_exactly(norm: str) -> None:
    stream, seen = random.Random(f"stable {norm}"), 0
    for _ in range(60):
        dim = stream.randint(1, 3)
        network, centre = _network(stream, dim, shift=1), tuple(_number(stream, 3) for _ in range(dim))
        ball = NormBall(norm, Fraction(stream.randint(0, 9), 16))
        found = smallest_margin(network, 1, centre, ball)
        assert found is not None
        bound = _bound(network, 1, centre, ball)
        if found.margin >= 0:
            seen += 1
            assert bound == found.margin and found.cells == 1
        else:
            assert bound is None or bound == found.margin
    assert seen >= 15


def test_a_stable_network_in_l2_is_bounded_exactly_where_the_length_is_rational() -> None:
    # 3 relu(x + 50) + 4 relu(y + 50) falls by 5 per unit of length; the third unit stays off.
    network = ReluNetwork([AffineMap([[1, 0], [0, 1], [1, 1]], [50, 50, -50]), AffineMap([[3, 4, 9]], [-345])])
    assert _bound(network, 1, (Fraction(0), Fraction(0)), NormBall("l2", 1)) == 0
    assert _bound(network, 1, (Fraction(0), Fraction(0)), NormBall("l2", "3/7")) == 5 - Fraction(15, 7)


def test_cancelling_units_cancel() -> None:
    twins = ReluNetwork([AffineMap([[1], [1]], [5, 5]), AffineMap([[2**62, -(2**62)]], [Fraction(1, 3)])])
    data = LabelledPoints.of([[0]], [1])
    assert verify.robust_error(twins, data, radius=4, method="affine").margin(0) == Fraction(1, 3)
    assert verify.robust_error(twins, data, radius=4, method="interval").status == ("unknown",)


def test_a_unit_that_may_change_phase_becomes_an_interval() -> None:
    tent = ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[-1, -1]], [3])])
    assert _bound(tent, 1, [Fraction(0)], NormBall("linf", 1)) == 1  # 3 - 1 - 1, the truth is 2
    assert _bound(tent, 1, [Fraction(1)], NormBall("linf", 1)) == 1  # one unit off, the other exact


# Deep networks ---------------------------------------------------------------------------


def _bit_network(depth: int) -> ReluNetwork:
    """Return the tent map applied ``depth`` times to a number of [0, 1], less one half: its bit, reflected."""
    maps = [AffineMap([[1], [1]], [0, Fraction(-1, 2)])]
    maps += [AffineMap([[2, -4], [2, -4]], [0, Fraction(-1, 2)]) for _ in range(depth - 1)]
    return ReluNetwork([*maps, AffineMap([[2, -4]], [Fraction(-1, 2)])])


@pytest.mark.parametrize("depth", [3, 20, 60])
def test_bits_far_behind_the_point_are_extracted_exactly(depth: int, tmp_path: Path) -> None:
    network, stream = _bit_network(depth), random.Random(depth)
    cell = Fraction(1, 2 ** (depth + 2))
    points = [[(2 * stream.randrange(2 ** (depth + 1)) + 1) * cell] for _ in range(6)]
    labels = [1 if network(point)[0] > 0 else -1 for point in points]
    assert {abs(network(point)[0]) for point in points} == {Fraction(1, 4)}
    data = LabelledPoints.of(points, labels)
    inside = verify.robust_error(network, data, radius=cell * Fraction(15, 16), method="affine")
    assert set(inside.status) == {"robust"}
    assert {inside.margin(index) for index in range(6)} == {Fraction(1, 64)}
    assert "is exactly 0" in checker.check(inside.certificate(tmp_path / "bits.json"))
    touched = verify.robust_error(network, data, radius=cell)
    assert set(touched.status) == {"violated"}


def test_intervals_do_not_decide_what_forms_do() -> None:
    network, cell = _bit_network(60), Fraction(1, 2**62)
    data = LabelledPoints.of([[2**61 * cell + cell]], [1 if network([2**61 * cell + cell])[0] > 0 else -1])
    radius = cell * Fraction(15, 16)
    assert verify.robust_error(network, data, radius=radius, method="interval").status == ("unknown",)
    assert verify.robust_error(network, data, radius=radius).status == ("robust",)


@pytest.mark.parametrize("norm", NORMS)
def test_weights_of_sixty_bits_in_every_layer(norm: str) -> None:
    large = 2**60
    network = ReluNetwork(
        [
            AffineMap([[large, 0], [0, large]], [large, large]),
            AffineMap([[large, -large], [large, large]], [3 * large**2, 0]),
            AffineMap([[1, -1]], [0]),
        ]
    )  # 3 large^2 - 2 large^2 (y + 1), where both units are on
    data = LabelledPoints.of([[0, 0]], [1])
    found = verify.robust_error(network, data, norm, "1/4", "affine")
    assert found.margin(0) == large**2 * Fraction(1, 2)
    just_below = Fraction(1, 2) - Fraction(1, large)
    assert verify.robust_error(network, data, norm, Fraction(1, 2), "affine").status == ("unknown",)
    assert verify.robust_error(network, data, norm, Fraction(1, 2)).status == ("violated",)
    assert verify.robust_error(network, data, norm, just_below, "affine").status == ("robust",)


def test_many_layers_of_many_outputs_keep_their_lead() -> None:
    stream, large = random.Random(4), 2**40
    maps = [AffineMap([[large, 0], [0, large]], [large, large])]
    maps += [AffineMap([[1, stream.randint(0, 1)], [0, 1]], [stream.randint(0, 9) * large, large]) for _ in range(12)]
    network = ReluNetwork([*maps, AffineMap([[1, 0], [0, 1], [1, -1]], [0, 0, -large])])
    label = max(range(3), key=network([0, 0]).__getitem__)
    ball = NormBall("linf", Fraction(1, 8))
    found = smallest_margin(network, label, (Fraction(0), Fraction(0)), ball)
    assert found is not None and found.margin > 0
    assert _bound(network, label, (Fraction(0), Fraction(0)), ball) == found.margin


# Bit extraction --------------------------------------------------------------------------

_GRID = GridBalls.of(dim=5, axes=4, steps=2, radius="1/8")


def _labels(count: int) -> np.ndarray:
    return np.random.RandomState(3).choice([-1, 1], count)


def _grid_points(balls: GridBalls, labels: np.ndarray) -> LabelledPoints:
    """Return the centres in the order of their index; the last coordinate is free."""
    indices, base = np.arange(balls.count), balls.steps + 1
    columns = [indices // base**axis % base for axis in range(balls.axes)]
    return LabelledPoints.of(np.stack([*columns, 5 * labels], axis=1), labels.tolist(), scale=balls.steps)


def _right(network: ReluNetwork, data: LabelledPoints) -> list[bool]:
    return [label * network(point)[0] > 0 for point, label in zip(data.points, data.labels, strict=True)]


def _with_wrong_bit(network: ReluNetwork, layer: int, row: int, entry: int, bit: int) -> ReluNetwork:
    """Return the network with one bit of one weight flipped."""
    maps = list(network.maps)
    weight = [list(values) for values in maps[layer].weight]
    column = [j for j, value in enumerate(weight[row]) if value][entry]
    weight[row][column] = Fraction(int(weight[row][column]) ^ 2**bit)
    maps[layer] = AffineMap(weight, maps[layer].bias)
    return ReluNetwork(maps)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("length, method", [(1, "affine"), (7, "auto"), (40, "auto")])
def test_bit_extraction_is_decided_without_search(length: int, method: str, norm: str, tmp_path: Path) -> None:
    labels = _labels(_GRID.count)
    network = classify_grid_by_bit_extraction(labels, _GRID, BlockTable.with_length(_GRID.count, length))
    result = verify.robust_error(network, _grid_points(_GRID, labels), norm, _GRID.radius, method)
    assert set(result.status) == {"robust"} and result.smallest_margin == 1
    assert {result.method(index) for index in range(_GRID.count)} == {"affine"}
    assert "is exactly 0" in checker.check(result.certificate(tmp_path / "bits.json"))


def test_one_wrong_label_is_wrong_at_its_own_point_only(tmp_path: Path) -> None:
    labels = _labels(_GRID.count)
    network = classify_grid_by_bit_extraction(labels, _GRID, BlockTable.with_length(_GRID.count, 9))
    labels[50] *= -1
    data = _grid_points(_GRID, labels)
    result = verify.robust_error(network, data, radius=_GRID.radius)
    assert [index for index in range(_GRID.count) if result.status[index] != "robust"] == [50]
    assert result.status[50] == "violated"
    path = result.certificate(tmp_path / "one.json")
    assert "is exactly 1/81" in checker.check(path)
    claims = path.read_text(encoding="utf-8").replace('"lower":"1/81","upper":"1/81"', '"lower":"0","upper":"0"')
    claims = claims[: claims.index('"violated":')] + '"violated":[]}'
    group = f'"rule":"affine","label":{labels[50]},"indices":['
    assert group in claims
    path.write_text(claims.replace(group, f"{group}50,"), encoding="utf-8")
    with pytest.raises(checker.Rejected, match="point 50 is not proved robust"):
        checker.check(path)


@pytest.mark.parametrize("layer, row, entry, bit", [(3, 0, 0, 0), (3, 0, 5, 3), (3, 1, 4, 0), (5, 1, 1, 2)])
def test_one_wrong_bit_of_a_weight_is_never_overlooked(layer: int, row: int, entry: int, bit: int) -> None:
    labels = _labels(_GRID.count)
    network = _with_wrong_bit(classify_grid_by_bit_extraction(labels, _GRID), layer, row, entry, bit)
    data = _grid_points(_GRID, labels)
    right = _right(network, data)
    assert not all(right) and any(right)
    for method in ("affine", "auto"):
        result = verify.robust_error(network, data, radius=_GRID.radius, method=method)
        assert [status == "robust" for status in result.status] == right
    assert {result.status[index] for index in range(len(data)) if not right[index]} == {"violated"}


def test_balls_that_reach_into_the_ramps_are_not_called_robust() -> None:
    built = GridBalls.of(dim=4, axes=4, steps=1, radius="1/8")
    labels = _labels(built.count)
    network = classify_grid_by_bit_extraction(labels, built, BlockTable.with_length(built.count, 5))
    indices = np.arange(built.count)
    data = LabelledPoints.of(np.stack([indices >> axis & 1 for axis in range(4)], axis=1), labels.tolist())
    radius = built.radius + Fraction(1, 10)
    moved = [
        {
            tuple(x + radius * (corner >> axis & 1) * (1 if x == 0 else -1) for axis, x in enumerate(point))
            for corner in range(16)
        }
        for point in data.points
    ]
    wrong = [
        any(label * network(point)[0] <= 0 for point in corners)
        for corners, label in zip(moved, data.labels, strict=True)
    ]
    assert sum(wrong) >= 4
    result = verify.robust_error(network, data, radius=radius, method="affine")
    assert not any(status == "robust" for status, is_wrong in zip(result.status, wrong, strict=True) if is_wrong)
    hair = built.radius + Fraction(1, 2**40)
    program = ball_program(network, data.numerators, data.scale, NormBall("linf", hair))
    assert not has_constant_balls(program, data.numerators)
    bounds = _bounds(network, 1, data.points, NormBall("linf", hair))
    assert all(bound is None or bound < 1 for bound in bounds)


def test_margins_of_wrong_points_are_their_exact_values() -> None:
    labels = _labels(_GRID.count)
    network = _with_wrong_bit(classify_grid_by_bit_extraction(labels, _GRID), 3, 0, 5, 3)
    data = _grid_points(_GRID, labels)
    bounds = _bounds(network, 1, data.points, NormBall("linf", _GRID.radius))
    assert bounds == [network(point)[0] for point in data.points]
    statement = {"norm": "linf", "radius": _GRID.radius, "domain": None}
    prover = checker.AffineProver(checker.read_network(network_document(network))[0], 1, statement, data.scale)
    rows = [[int(value) for value in row] for row in data.numerators]
    assert [Fraction(prover.lower_bound(row), prover.unit) for row in rows] == bounds


def test_balls_of_one_network_may_end_in_any_way() -> None:
    # A ramp from 0 to 1, then large weights: constant beyond the ramp, a form or an interval within.
    large = 2**50
    network = ReluNetwork(
        [
            AffineMap([[1], [1]], [0, -1]),
            AffineMap([[1, -1]], [0]),
            AffineMap([[large], [-large]], [0, large]),
            AffineMap([[large, -large]], [0]),
        ]
    )
    points = [[Fraction(k, 4)] for k in range(-8, 13)]
    bounds = _bounds(network, 1, points, NormBall("linf", Fraction(1, 8)))
    for (x,), bound in zip(points, bounds, strict=True):
        truth = large**2 * (2 * min(max(x - Fraction(1, 8), Fraction(0)), Fraction(1)) - 1)
        assert (bound is None and truth < 0) or (bound is not None and bound <= truth)
        if x > Fraction(9, 8) or x < -Fraction(1, 8):
            assert bound == truth
    sides = (ball_program(network, np.array([[k]]), 1, NormBall("linf", Fraction(1, 8))) for k in (-1, 1, 2))
    found = [has_constant_balls(program, np.array([[k]])) for program, k in zip(sides, (-1, 1, 2), strict=True)]
    assert found == [True, False, True]


# Many balls, and none --------------------------------------------------------------------


def test_balls_together_are_bounded_as_each_alone() -> None:
    stream = random.Random(11)
    for norm in ("linf", "l1"):
        network, ball = _network(stream, 3), NormBall(norm, Fraction(1, 8))
        points = [tuple(_number(stream) for _ in range(3)) for _ in range(25)]
        alone = [_bound(network, 1, point, ball) for point in points]
        together = _bounds(network, 1, points, ball)
        both = [(a, b) for a, b in zip(alone, together, strict=True) if a is not None and b is not None]
        assert all(a == b for a, b in both)
        hopeless = [b if a is None else a for a, b in zip(alone, together, strict=True) if a is None or b is None]
        assert all(value is None or value < 0 for value in hopeless)


def test_a_deadline_that_has_passed_leaves_every_ball_open() -> None:
    network = ReluNetwork([AffineMap([[1]], [5])])
    points = [[Fraction(k)] for k in range(4)]
    assert _bounds(network, 1, points, NormBall("linf", 1)) == [4, 5, 6, 7]
    assert _bounds(network, 1, points, NormBall("linf", 1), deadline=time.monotonic() - 1) == [None] * 4


def test_the_standalone_rule_gives_the_same_bounds() -> None:
    stream, seen = random.Random(21), 0
    for _ in range(60):
        norm, dim = stream.choice(NORMS), stream.randint(1, 3)
        network, point = _network(stream, dim), [_number(stream) for _ in range(dim)]
        ball = NormBall(norm, Fraction(stream.randint(0, 4), 8))
        bound = _bound(network, 1, point, ball)
        numerators, scale = over_common_denominator(point)
        statement = {"norm": norm, "radius": ball.radius, "domain": None}
        prover = checker.AffineProver(checker.read_network(network_document(network))[0], 1, statement, scale)
        if bound is not None:
            seen += 1
            assert Fraction(prover.lower_bound(numerators), prover.unit) == bound
    assert seen >= 15


@pytest.mark.parametrize("norm", NORMS)
def test_certificates_of_forms_pass_and_their_margin_is_not_believed(norm: str, tmp_path: Path) -> None:
    network = ReluNetwork([AffineMap([[1, 1], [1, -1]], [5, 5]), AffineMap([[1, -1]], [Fraction(1, 2)])])
    result = verify.robust_error(network, LabelledPoints.of([[0, 1]], [1]), norm, "1/2", "affine")
    path = result.certificate(tmp_path / "affine.json")
    assert f"margin {result.margin(0)};" in checker.check(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f'"margin":"{result.margin(0)}"', '"margin":"2"'), encoding="utf-8")
    with pytest.raises(checker.Rejected, match="margin"):
        checker.check(path)
