"""Votes, simplices and pieces: never above the truth, certificates that re-check, forgeries that do not."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import verify
from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from constructions.classifiers.cells import classify_with_cells
from constructions.classifiers.interpolation import classify_by_interpolation
from constructions.classifiers.shifted_cells import classify_with_shifted_cells
from constructions.network.affine_products import composed
from constructions.network.kuhn_hats import hat_layers, interpolate_on_grid, weighted_sum
from constructions.network.side_by_side import side_by_side
from verify.certificate.checker import PROVERS, Rejected, VoteProver, check, read_json, read_network
from verify.certificate.issue import recheck
from verify.methods.ball_program import Domain, margin_network
from verify.methods.grid_simplices import simplex_margins
from verify.methods.pieces import piece_margins
from verify.methods.votes.margins import _largest_loss, vote_margins
from verify.methods.votes.structure import votes_of
from verify.testing.exhaustive import smallest_margin

Document = dict[str, Any]
NORMS = ("linf", "l1", "l2")
LINE = LabelledPoints.of([["0"], ["1/4"], ["1/2"], ["1"]], [1, -1, 1, -1])
PLANE = LabelledPoints.of([[0, 0], [1, 0], [0, 1]], [1, -1, -1])


def some(stream: random.Random, size: int = 4) -> Fraction:
    return Fraction(stream.randint(-size, size), stream.choice((1, 2, 3)))


def random_part(stream: random.Random, dim: int) -> list[AffineMap]:
    """Return a small part: ramps or anything on coordinates, a row of them, two copies, twins or lone units."""
    units = stream.choice((2, 4))
    columns = [stream.randrange(dim) for _ in range(units // 2)]
    starts = [some(stream) for _ in columns]
    width = Fraction(1, stream.choice((1, 2, 4)))
    ramps = [row for start in starts for row in (start, start + width)]
    slope = [Fraction(stream.choice((-2, 1, 2, 3))) for _ in columns]
    weights = [sign * (value if stream.random() < 0.9 else value + 1) for value in slope for sign in (1, -1)]
    steep = [stream.choice((1, 1, 2, -1))] * units
    first = AffineMap.from_coo(
        range(units),
        [c for c in columns for _ in (0, 1)],
        steep if stream.random() < 0.6 else [stream.choice((1, 2, -1)) for _ in range(units)],
        (units, dim),
        [-b for b in ramps],
    )
    second = AffineMap([weights, weights], [some(stream), 1])
    third = [some(stream), some(stream)]
    gap = Fraction(stream.choice((1, 2)), stream.choice((1, 2)))
    shift = some(stream)
    return [first, second, AffineMap([third, third], [shift, shift - gap])]


def random_votes(stream: random.Random, dim: int) -> ReluNetwork:
    parts = [random_part(stream, dim) for _ in range(2 if dim == 2 else stream.choice((2, 3)))]
    ends = []
    for _ in parts:
        weight = Fraction(stream.choice((-2, -1, 1, 2)))
        ends += [weight, -weight if stream.random() < 0.85 else Fraction(1)]
    return ReluNetwork([*side_by_side(parts), AffineMap([ends], [some(stream)])])


def random_bumps(stream: random.Random, dim: int) -> ReluNetwork:
    """Return a sum of small bumps, now and then with a sign that makes them none."""
    units, bumps = 2 * dim + stream.choice((0, 1)), stream.choice((1, 2, 3))
    columns = [stream.randrange(dim) for _ in range(units)]
    slopes = [Fraction(stream.choice((-2, -1, 1, 1))) for _ in range(units)]
    first = AffineMap.from_coo(range(units), columns, slopes, (units, dim), [some(stream) for _ in range(units)])
    rows = [[-abs(some(stream)) if stream.random() < 0.9 else some(stream) for _ in range(units)] for _ in range(bumps)]
    return ReluNetwork(
        [
            first,
            AffineMap(rows, [some(stream) for _ in rows]),
            AffineMap([[some(stream) for _ in rows]], [some(stream)]),
        ]
    )


def random_interpolant(stream: random.Random, dim: int) -> ReluNetwork:
    """Return an interpolant, often with one weight changed so that it is none.

    Some read one of two coordinates only, some skip a place of the grid.
    """
    network = interpolate_on_grid(dim, 2 if dim == 1 else 1, lambda node: some(stream) or Fraction(1))
    if stream.random() < 0.3 and dim == 2:
        first, *rest = interpolate_on_grid(1, 2, lambda node: some(stream) or Fraction(1)).maps
        network = ReluNetwork(
            [composed(first, AffineMap.from_coo([0], [stream.randrange(2)], [1], (1, 2), [0])), *rest]
        )
    elif stream.random() < 0.3 and dim == 1:
        nodes = [[0], [1], [3], [4]]
        network = ReluNetwork([*hat_layers(nodes, 2), weighted_sum([some(stream) or Fraction(1) for _ in nodes])])
    if stream.random() < 0.4:
        return network
    place = stream.randrange(len(network.maps))
    affine = network.maps[place]
    weight, bias = [list(row) for row in affine.weight], list(affine.bias)
    row = stream.randrange(len(bias))
    if stream.random() < 0.5:
        bias[row] += Fraction(1, 4)
    else:
        kept = [column for column, value in enumerate(weight[row]) if value]
        weight[row][stream.choice(kept)] *= Fraction(3, 2)
    maps = list(network.maps)
    maps[place] = AffineMap(weight, bias)
    return ReluNetwork(maps)


def smallest(network: ReluNetwork, centre: list[Fraction], label: int, ball: NormBall, box: Any = None) -> Fraction:
    """Return the exact smallest margin; in the l2 plane the smallest of many points, some on the circle."""
    if ball.norm == "l2" and len(centre) == 1:
        ball = NormBall("linf", ball.radius)
    if ball.norm != "l2":
        found = smallest_margin(network, label, centre, ball, box)
        assert found is not None
        return found.margin
    circle = [(x, y) for a, b in ((3, 4), (5, 12), (8, 15), (0, 1)) for x, y in ((a, b), (b, a))]
    steps = [
        (
            sign * x * share / Fraction(math.isqrt(x * x + y * y)),
            other * y * share / Fraction(math.isqrt(x * x + y * y)),
        )
        for x, y in circle
        for share in (0, Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), 1)
        for sign in (1, -1)
        for other in (1, -1)
    ]
    points = [[c + ball.radius * s for c, s in zip(centre, step, strict=True)] for step in steps]
    assert all(ball.contains(centre, point) for point in points)
    return min(label * network(point)[0] for point in points)


METHODS: dict[str, tuple[Callable[..., Any], Callable[[random.Random, int], ReluNetwork]]] = {
    "votes": (vote_margins, random_votes),
    "pieces": (piece_margins, random_bumps),
    "simplices": (simplex_margins, random_interpolant),
}


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("norm", NORMS)
def test_no_bound_is_above_the_smallest_margin(name: str, norm: str) -> None:
    bound_of, draw = METHODS[name]
    stream, claimed, tight = random.Random(f"{name} {norm}"), 0, 0
    for _ in range(60):
        dim = stream.choice((1, 1, 2))
        network, label = draw(stream, dim), stream.choice((1, -1))
        centre = [Fraction(stream.randint(-8, 8), stream.choice((2, 3, 4))) for _ in range(dim)]
        data = LabelledPoints.of([centre], [label])
        ball = NormBall(norm, Fraction(stream.choice((0, 1, 1, 2, 3, 5)), stream.choice((2, 3, 4))))
        (bound,) = bound_of(margin_network(network, label), data.numerators, data.scale, ball)
        if bound is not None:
            claimed += 1
            truth = smallest(network, centre, label, ball)
            assert bound <= truth, (network.maps, centre, ball, label)
            tight += bound == truth
    assert claimed >= 15 and tight >= 5, (claimed, tight)


@pytest.mark.parametrize("norm", NORMS)
def test_votes_within_a_box_are_never_above_the_smallest_margin(norm: str) -> None:
    stream, claimed = random.Random(7), 0
    for _ in range(40):
        network = random_votes(stream, 1)
        data = LabelledPoints.of([[some(stream)]], [1])
        ball, low = NormBall(norm, Fraction(3, 2)), some(stream)
        box = ([low], [low + abs(some(stream))])
        (bound,) = vote_margins(network, data.numerators, data.scale, ball, Domain(*map(tuple, box)))
        if bound is not None:
            claimed += 1
            assert bound <= smallest(network, list(data.point(0)), 1, ball, box)
    assert claimed >= 5


def test_a_part_without_a_lower_bound_or_a_second_part_is_no_vote() -> None:
    network = classify_with_shifted_cells(LINE, "1/16")
    assert votes_of(network) is not None and len(votes_of(network).parts) == 3  # type: ignore[union-attr]
    *hidden, last = network.maps
    weights = [w if place else w - 1 for place, w in enumerate(last.weight[0])]
    uneven = ReluNetwork([*hidden, AffineMap([weights], last.bias)])
    assert votes_of(margin_network(uneven, -1)) is None
    assert votes_of(classify_with_cells(LINE, "1/16")) is None


def test_votes_need_the_twin_with_the_same_row() -> None:
    """Two units with opposite weights and different rows are not monotone together."""
    network = classify_with_shifted_cells(LINE, "1/16")
    *hidden, before, last = network.maps
    rows = [list(row) for row in before.weight]
    rows[1] = [2 * value for value in rows[1]]
    assert votes_of(ReluNetwork([*hidden, AffineMap(rows, before.bias), last])) is None


# Certificates --------------------------------------------------------------------------


def issued(rule: str, folder: Path, norm: str = "linf") -> Document:
    build = {
        "votes": classify_with_shifted_cells,
        "simplices": classify_by_interpolation,
        "pieces": classify_with_cells,
    }
    data = PLANE if rule == "pieces" else LINE
    radius = Fraction(1, 4) if rule == "pieces" else Fraction(1, 16)
    result = verify.robust_error(build[rule](data, radius, None, norm), data, norm, radius, rule)
    assert result.upper == 0
    path = result.certificate(folder / "certificate.json")
    text = str(result.smallest_margin)
    assert f"margin {text};" in check(path) and recheck(path) == check(path)
    return json.loads(path.read_text())


def verdict_of(document: Document, folder: Path) -> str:
    path = folder / "forged.json"
    path.write_text(json.dumps(document))
    return check(path)


@pytest.mark.parametrize("rule", PROVERS)
@pytest.mark.parametrize("norm", NORMS)
def test_certificates_prove_the_margin_again_without_the_library(rule: str, norm: str, tmp_path: Path) -> None:
    document = issued(rule, tmp_path, norm)
    assert {group["rule"] for group in document["robust"]} == {rule}
    assert all(group["hints"] is None for group in document["robust"])


@pytest.mark.parametrize("rule", PROVERS)
def test_a_larger_margin_radius_or_hints_are_rejected(rule: str, tmp_path: Path) -> None:
    document = issued(rule, tmp_path)
    larger = json.loads(json.dumps(document))
    larger["statement"]["margin"] = str(Fraction(document["statement"]["margin"]) + Fraction(1, 1000))
    wider = json.loads(json.dumps(document))
    wider["statement"]["radius"] = "3/8" if rule != "pieces" else "3/4"
    hinted = json.loads(json.dumps(document))
    hinted["robust"][0]["hints"] = ""
    for forged in (larger, wider, hinted):
        with pytest.raises(Rejected):
            verdict_of(forged, tmp_path)


@pytest.mark.parametrize("rule", PROVERS)
def test_another_rule_proves_it_too_or_is_rejected(rule: str, tmp_path: Path) -> None:
    """A changed rule may still prove a margin, never another one than it finds itself."""
    document = issued(rule, tmp_path)
    for other in ("interval", "paired", "affine", "votes", "simplices", "pieces"):
        forged = json.loads(json.dumps(document))
        for group in forged["robust"]:
            group["rule"] = other
        try:
            assert "margin" in verdict_of(forged, tmp_path)
        except Rejected:
            assert other != rule


@pytest.mark.parametrize("rule", PROVERS)
@pytest.mark.parametrize("norm", NORMS)
def test_the_checker_proves_no_more_than_the_smallest_margin(rule: str, norm: str, tmp_path: Path) -> None:
    """On drawn networks, most of them no construction: whatever a rule proves is true."""
    draw, stream, proved = METHODS[rule][1], random.Random(f"checker {rule} {norm}"), 0
    for _ in range(80):
        dim = stream.choice((1, 1, 2))
        network, label = draw(stream, dim), stream.choice((1, -1))
        centre = [Fraction(stream.randint(-8, 8), 12) for _ in range(dim)]
        data = LabelledPoints.of([centre], [label])
        ball = NormBall(norm, Fraction(stream.choice((1, 1, 2, 3, 5)), stream.choice((2, 3, 4))))
        network.save(tmp_path / "network.json")
        layers, _ = read_network(read_json(tmp_path / "network.json"))
        statement = {"norm": norm, "radius": ball.radius, "domain": None}
        certificate = SimpleNamespace(
            statement=statement, layers=layers, data=SimpleNamespace(scale=data.scale, dim=dim)
        )
        try:
            prover = PROVERS[rule](certificate, {"label": label})
            bound = prover.lower_bound([int(value) for value in data.numerators[0]])
        except Rejected:
            continue
        proved += 1
        assert bound <= smallest(network, centre, label, ball)
    assert proved > 10


def test_simplices_and_pieces_refuse_a_domain(tmp_path: Path) -> None:
    for rule in ("simplices", "pieces"):
        document = issued(rule, tmp_path)
        dim = document["statement"]["dim"]
        document["statement"]["domain"] = {"lower": ["0"] * dim, "upper": ["1"] * dim}
        with pytest.raises(Rejected, match="domain"):
            verdict_of(document, tmp_path)


def test_a_coordinate_that_is_not_read_is_left_out_and_one_that_is_read_is_not(tmp_path: Path) -> None:
    first, *rest = classify_by_interpolation(LINE, "1/16").maps
    network = ReluNetwork([composed(first, AffineMap([[1, 0]], [0])), *rest])
    rows = [([*LINE.point(i), 5 * i], label) for i, label in enumerate(LINE.labels)]
    data = LabelledPoints.of([row for row, _ in rows], [label for _, label in rows])
    result = verify.robust_error(network, data, "linf", "1/16", "simplices")
    assert result.upper == 0 and "exactly 0" in check(result.certificate(tmp_path / "certificate.json"))
    # Reading the other coordinate a little moves the kinks between the nodes, and decides nothing.
    tilted = ReluNetwork([composed(first, AffineMap([[1, Fraction(1, 7)]], [0])), *rest])
    assert verify.robust_error(tilted, data, "linf", "1/16", "simplices").count("robust") == 0


def test_a_huge_radius_is_rejected_quickly(tmp_path: Path) -> None:
    for rule in PROVERS:
        document = issued(rule, tmp_path)
        document["statement"]["radius"] = str(10**40)
        with pytest.raises(Rejected):
            verdict_of(document, tmp_path)


def test_the_checker_finds_where_falling_and_rising_units_stand_still_together() -> None:
    """relu(-x) + relu(2x - 2) stands still from 0 to 1 only: a falling unit stops pulling at its kink."""
    prover = object.__new__(VoteProver)
    prover.maps = [None, ([[(0, 1), (1, 1)]], [0], 1)]
    prover.kinks = [{Fraction(0): [(0, -1)], Fraction(1): [(1, 2)]}]
    assert prover.axis({0, 1}, {0}, 0) == ([0, 1], [1])


# One coordinate, two parts: each is 1 up to a ramp and 0 after it, as a difference of twins.
def steps(*ramps: tuple[Fraction, Fraction]) -> ReluNetwork:
    """Return the sum of twice the steps from 1 to 0 across given ramps, less 1 for each."""
    parts = []
    for low, high in ramps:
        first = AffineMap.from_coo([0, 1], [0, 0], [1, 1], (2, 1), [-low, -high])
        slope = 1 / (high - low)
        second = AffineMap([[-slope, slope]], [Fraction(1)])
        parts.append([first, second, AffineMap([[1], [1]], [0, -1])])
    count = len(parts)
    return ReluNetwork([*side_by_side(parts), AffineMap([[2, -2] * count], [-count])])


HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)
# Open zones that meet only strictly between two neighbouring ends: (0, 1/2) and (0, 1/2) have no end inside.
OVERLAPS = [
    (((Fraction(0), HALF), (Fraction(0), HALF)), QUARTER),
    (((Fraction(0), HALF), (QUARTER, HALF)), Fraction(3, 8)),
    (((Fraction(0), HALF), (QUARTER, Fraction(3, 4))), Fraction(3, 8)),
]


@pytest.mark.parametrize(("ramps", "inside"), OVERLAPS)
def test_zones_that_overlap_only_between_two_ends_cost_both_votes(
    ramps: tuple[tuple[Fraction, Fraction], ...], inside: Fraction, tmp_path: Path
) -> None:
    """No end of a zone lies in both: only a point between ends shows that both votes are lost together."""
    network = steps(*ramps)
    ball = NormBall("linf", HALF)
    data = LabelledPoints.of([[inside]], [1])
    (bound,) = vote_margins(network, data.numerators, data.scale, ball)
    truth = smallest(network, [inside], 1, ball)
    assert bound is not None and bound <= truth == -2
    network.save(tmp_path / "network.json")
    layers, _ = read_network(read_json(tmp_path / "network.json"))
    statement = {"norm": "linf", "radius": ball.radius, "domain": None}
    certificate = SimpleNamespace(statement=statement, layers=layers, data=SimpleNamespace(scale=data.scale, dim=1))
    assert VoteProver(certificate, {"label": 1}).lower_bound([int(v) for v in data.numerators[0]]) == bound


@pytest.mark.parametrize("place", ["method", "checker"])
@pytest.mark.parametrize(("ramps", "inside"), OVERLAPS)
def test_the_loss_at_one_value_is_that_of_all_zones_around_it(
    place: str, ramps: tuple[tuple[Fraction, Fraction], ...], inside: Fraction
) -> None:
    """Within the overlap alone: both lose 2, and no end of the interval or of a zone is inside both zones."""
    low, high = max(a for a, _ in ramps), min(b for _, b in ramps)
    assert low < inside < high
    if place == "method":
        assert _largest_loss([(zone, Fraction(2)) for zone in ramps], low, high) == 4
        return
    prover = object.__new__(VoteProver)
    prover.parts = [([], Fraction(0), [([a, b], [0, 2])]) for a, b in ramps]
    assert prover.loss(0, [Fraction(2), Fraction(2)], low, high) == 4


@pytest.mark.parametrize("rule", PROVERS)
def test_a_first_layer_that_mixes_coordinates_is_rejected(rule: str, tmp_path: Path) -> None:
    """A unit that reads two coordinates, or none, has no kink along an axis: no rule may speak of it."""
    hidden = [AffineMap([[1, 1], [1, 0], [0, 1]], [0, -1, 0]), AffineMap([[1, -1, 0], [1, -1, 1]], [0, 0])]
    mixed = ReluNetwork([*hidden, AffineMap([[1, -1]], [1])])
    idle = ReluNetwork([AffineMap([[0, 0], [1, 0], [0, 1]], [1, -1, 0]), *mixed.maps[1:]])
    for network in (mixed, idle):
        network.save(tmp_path / "network.json")
        layers, _ = read_network(read_json(tmp_path / "network.json"))
        statement = {"norm": "linf", "radius": Fraction(1), "domain": None}
        certificate = SimpleNamespace(statement=statement, layers=layers, data=SimpleNamespace(scale=1, dim=2))
        with pytest.raises(Rejected, match="single coordinates"):
            PROVERS[rule](certificate, {"label": 1})


def test_simplices_of_a_network_that_is_constant_on_the_ball_have_no_unit_to_follow(tmp_path: Path) -> None:
    """Where every unit that could be read is 0 the output is its bias, whatever units bend unread."""
    first = AffineMap.from_coo([0, 1], [0, 0], [1, 1], (2, 1), [0, -1])
    network = ReluNetwork([first, AffineMap([[-1, 2]], ["-1/2"]), AffineMap([[-7]], [3])])
    network.save(tmp_path / "network.json")
    layers, _ = read_network(read_json(tmp_path / "network.json"))
    for centre, radius, found in ((-5, 1, Fraction(3)), (0, Fraction(1, 2), Fraction(3)), (2, 1, None)):
        statement = {"norm": "linf", "radius": Fraction(radius), "domain": None}
        certificate = SimpleNamespace(statement=statement, layers=layers, data=SimpleNamespace(scale=1, dim=1))
        prover = PROVERS["simplices"](certificate, {"label": 1})
        if found is None:  # relu(-x + 2 (x - 1) - 1/2) bends at 5/2, inside the simplex from 2 to 3
            with pytest.raises(Rejected, match="changes its sign"):
                prover.lower_bound([centre])
        else:
            assert prover.lower_bound([centre]) == found
