"""Whole neighbourhoods: which boxes meet them, what is decided on them, and never a wrong verdict."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest
import z3
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from constructions import BoxUnion, FiniteSet, LabelledSets, NormBall, ReluNetwork
from constructions.classifiers.catalog import ClassifierPlan, classifier_plans
from constructions.classifiers.cell_grids import CellGrid
from constructions.classifiers.lazy_votes import LazyVotes
from constructions.classifiers.separated_sets import SeparatedSets
from constructions.classifiers.shifted_cells import classify_with_shifted_cells
from constructions.sets.box import Box
from constructions.sets.distances import box_gap, closest
from constructions.sets.neighbourhoods import Neighbourhood
from constructions.sets.point_set import PointSet
from constructions.sets.polytope import Polytope
from constructions.sets.separators import separator_between
from verify.neighbourhoods.error import NeighbourhoodError, neighbourhood_error
from verify.testing.separated_set_strategies import separated_pairs, separated_polytopes
from verify.testing.tiny_networks import draw_case

# An example takes up to seconds: a failure is shown as it was drawn.
SLOW = settings(max_examples=8, phases=(Phase.explicit, Phase.reuse, Phase.generate))
Pair = tuple[Fraction, Fraction]
NORMS = ("linf", "l2", "l1")
SIXTEENTHS = st.integers(-8, 24).map(lambda k: Fraction(k, 16))


def random_polytope(stream: random.Random) -> Polytope:
    if stream.random() < 0.5:
        return Polytope.of_vertices([[stream.randint(0, 8), stream.randint(0, 8)] for _ in range(stream.randint(1, 5))])
    x, y = stream.randint(0, 4), stream.randint(0, 4)
    rows, right = [[1, 0], [0, 1], [-1, 0], [0, -1]], [x + 3, y + 2, -x, -y]
    return Polytope.of_halfspaces([*rows, [stream.choice((1, 2)), 1]], [*right, 2 * x + y + 2])


@pytest.mark.parametrize("norm", NORMS)
def test_boxes_meet_a_neighbourhood_exactly_where_their_distance_says_so(norm: str) -> None:
    """Separating functionals against the distance of the sets themselves, at the distance and just below."""
    stream, met, apart = random.Random(norm), 0, 0
    for _ in range(60):
        polytope = random_polytope(stream)
        lower = [Fraction(stream.randint(-12, 24), 2) for _ in range(2)]
        box = Box(lower, [value + Fraction(stream.randint(0, 4), 2) for value in lower])
        distance = closest(polytope, BoxUnion.of([box]), norm).distance
        found = separator_between(polytope, box, norm)
        assert (found is None) == (distance == 0)
        for radius in {Fraction(0), Fraction(1), Fraction(5, 2), distance}:
            limit = radius * radius if norm == "l2" else radius
            near = Neighbourhood.of(polytope, norm, radius)
            assert near.meets(box.lower, box.upper) == (distance <= limit)
            kept = found is not None and found.keeps_away(box.lower, box.upper, radius, norm)
            assert kept == (distance > limit)
            met, apart = met + (distance <= limit), apart + (distance > limit)
    assert met > 40 and apart > 40


@given(
    lower=st.tuples(SIXTEENTHS, SIXTEENTHS),
    width=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    radius=st.integers(0, 10).map(lambda k: Fraction(k, 16)),
    norm=st.sampled_from(NORMS),
)
def test_the_cells_met_are_those_of_a_direct_count(
    lower: Pair, width: tuple[int, int], radius: Fraction, norm: str
) -> None:
    upper = tuple(low + Fraction(step, 16) for low, step in zip(lower, width, strict=True))
    grid = CellGrid(Fraction(-1, 2), Fraction(1, 5), 10, 2)
    limit = radius * radius if norm == "l2" else radius
    direct = []
    for cell in product(range(10), repeat=2):
        corner = tuple(grid.first + grid.side * place for place in cell)
        if box_gap(corner, tuple(value + grid.side for value in corner), lower, upper, norm) <= limit:
            direct.append(cell)
    assert sorted(grid.met(lower, upper, radius, norm)) == direct


def around(network: ReluNetwork, sets: SeparatedSets, plan: ClassifierPlan) -> NeighbourhoodError:
    assert plan.grid is not None
    first, side = plan.grid.first, plan.grid.side
    return neighbourhood_error(
        network, sets.sets, sets.norm, sets.radius, first=first, side=side, margin=plan.margin, seconds=60
    )


def random_point_near(sets: SeparatedSets, label: int, stream: random.Random) -> list[Fraction]:
    """Return a point within the radius of a set, often on the boundary."""
    piece = stream.choice(list(sets.side(label).pieces))
    ends = [piece.lowest([Fraction(stream.randint(-3, 3)) for _ in range(sets.dim)]) for _ in range(2)]
    share = Fraction(stream.randint(0, 4), 4)
    start = [a + share * (b - a) for a, b in zip(*ends, strict=True)]
    steps = [sets.radius * Fraction(stream.randint(-4, 4), 2) for _ in start]
    return list(NormBall(sets.norm, sets.radius).towards(start, [x + s for x, s in zip(start, steps, strict=True)]))


def judge(sets: SeparatedSets, seed: int, most: int = 1_500) -> None:
    """Build what is small enough; the promised margin is proved on both neighbourhoods and kept at drawn points."""
    stream, built = random.Random(seed), 0
    for plan in classifier_plans(sets):
        if plan.grid is None or plan.build is None or plan.parameters > most:
            continue
        network = plan.build()
        assert network.size.nonzero <= plan.parameters <= plan.worst
        result = around(network, sets, plan)
        assert result.status == "robust" and result.smallest_margin is not None
        assert result.smallest_margin >= plan.margin, (plan.name, sets.norm, result.smallest_margin)
        for _ in range(8):
            label = stream.choice((1, -1))
            assert label * network(random_point_near(sets, label, stream))[0] >= result.smallest_margin
        built += 1
    assert built or all(plan.parameters > most for plan in classifier_plans(sets))


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "margin", "parameters"])
@given(sets=separated_pairs(max_dim=2, max_pieces=4, norms=("l2", "l1"), with_boxes=True), seed=st.integers(0, 99))
@SLOW
def test_boxes_in_l2_and_l1_are_decided_with_the_promised_margin(sets: SeparatedSets, seed: int) -> None:
    if not sets.has_balls:
        judge(sets, seed)


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "margin", "parameters"])
@given(sets=separated_polytopes(), seed=st.integers(0, 99))
@SLOW
def test_polytopes_are_decided_with_the_promised_margin(sets: SeparatedSets, seed: int) -> None:
    if not sets.has_balls:
        judge(sets, seed)


# Against independent truth ---------------------------------------------------------------


def z3_mistake(network: ReluNetwork, boxes: list[Box], label: int, norm: str, radius: Fraction) -> bool:
    """Return whether z3 finds a point within the radius of a box with ``label * f <= 0``."""
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    dim = network.dim
    x, s, gap = ([z3.Real(f"{name}{axis}") for axis in range(dim)] for name in "xsg")

    def exact(value: Fraction) -> z3.ArithRef:
        return z3.Q(value.numerator, value.denominator)

    inside = [
        z3.And(*(z3.And(v >= exact(a), v <= exact(b)) for v, a, b in zip(s, box.lower, box.upper, strict=True)))
        for box in boxes
    ]
    solver.add(z3.Or(*inside))
    for a, b, g in zip(x, s, gap, strict=True):
        solver.add(g >= a - b, g >= b - a)
    if norm == "linf":
        solver.add(*(g <= exact(radius) for g in gap))
    elif norm == "l1":
        solver.add(sum(gap) <= exact(radius))
    else:
        solver.add(sum((a - b) * (a - b) for a, b in zip(x, s, strict=True)) <= exact(radius * radius))
    values: list[z3.ArithRef] = x
    for place, affine in enumerate(network.maps):
        rows = zip(affine.weight, affine.bias, strict=True)
        values = [exact(b) + sum(exact(w) * v for w, v in zip(row, values, strict=True) if w) for row, b in rows]
        if place < len(network.maps) - 1:
            values = [z3.If(v > 0, v, exact(Fraction(0))) for v in values]
    solver.add(label * values[0] <= 0)
    answer = solver.check()
    assert answer in (z3.sat, z3.unsat, z3.unknown)
    assert answer != z3.unknown, "z3 gives up on a network of a few units"
    return bool(answer == z3.sat)


@pytest.mark.parametrize("norm", NORMS)
def test_verdicts_on_tiny_networks_are_those_of_z3(norm: str) -> None:
    """Random networks, one output, around random boxes of both labels: never a wrong verdict."""
    found = {"robust": 0, "violated": 0, "unknown": 0}
    seed = 0
    while sum(found.values()) < (24 if norm != "l2" else 14):
        seed += 1
        case = draw_case(random.Random(seed))
        if case.network.outputs != 1 or case.network.dim > 2 or case.network.size.units > 8:
            continue
        stream = random.Random(f"{norm} {seed}")
        sides: list[list[Box]] = []
        for centre in (case.data.point(0), case.data.point(0)):
            lower = [Fraction(c) + Fraction(stream.randint(-4, 4), 2) for c in centre]
            sides.append([Box(lower, [low + Fraction(stream.randint(0, 2), 4) for low in lower])])
        radius = Fraction(stream.choice((0, 1, 2)), 8)
        sets = LabelledSets(BoxUnion.of(sides[0]), BoxUnion.of(sides[1]))
        result = neighbourhood_error(case.network, sets, norm, radius, seconds=10)
        truth = any(
            z3_mistake(case.network, boxes, label, norm, radius) for boxes, label in zip(sides, (1, -1), strict=True)
        )
        assert result.status != ("robust" if truth else "violated"), (seed, norm, radius, sides)
        found[result.status] += 1
    assert found["violated"] >= 5 and found["unknown"] <= 4, found


# Votes on demand -------------------------------------------------------------------------


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "shifted_cells"])
@given(sets=separated_pairs(max_dim=2, norms=NORMS, with_boxes=True), seed=st.integers(0, 999))
@SLOW
def test_votes_on_demand_are_those_of_the_network(sets: SeparatedSets, seed: int) -> None:
    stream, votes = random.Random(seed), LazyVotes.of(sets)
    network = classify_with_shifted_cells(sets.sets, sets.radius, sets.eps, sets.norm)
    exact = 0
    for _ in range(12):
        point = [Fraction(stream.randint(-8, 24), 16) for _ in range(sets.dim)]
        bounds, output = votes.value(point), network(point)[0]
        assert bounds.lower <= output <= bounds.upper
        exact += bounds.is_exact
    ends = [g.first + g.side + sign * votes.shifted.zone / 2 for g in votes.shifted.grids for sign in (1, -1)]
    for end in ends:
        point = [end] * sets.dim
        assert votes.value(point).is_exact and votes.value(point).lower == network(point)[0]
    for label in (1, -1):
        piece = stream.choice(list(sets.side(label).pieces))
        margin = votes.margin_around(piece.lower, label, sets.radius)
        assert margin is not None and margin >= 1
        ball = NormBall(sets.norm, sets.radius)
        for corner in ball.corners(piece.lower):
            assert label * network(corner)[0] >= margin
    outside: Callable[[PointSet], tuple[Fraction, ...]] = lambda side: tuple(x + 2 for x in side.pieces[0].lower)  # noqa: E731
    assert votes.margin_around(outside(sets.side(1)), 1, sets.radius) is None
    assert votes.margin_around(sets.side(1).pieces[0].lower, -1, sets.radius) is None


def test_a_point_set_is_its_own_neighbourhood_of_radius_zero() -> None:
    near = Neighbourhood.of(FiniteSet.of([[0, 0]]), "l2", Fraction(0))
    assert near.meets([Fraction(0)] * 2, [Fraction(1)] * 2) and not near.meets([Fraction(1, 9)] * 2, [Fraction(1)] * 2)
