"""The known traps of robust memorization in l2, one regression test each (theory, section 9)."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import islice
from random import Random

import numpy as np
import pytest

import verify
from constructions import AffineMap, AssumptionViolated, LabelledPoints, NormBall, ReluNetwork
from constructions.data.sources import load_data
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from constructions.memorizers.cuts import memorize_with_cuts
from constructions.memorizers.paper_l2 import memorize_by_the_papers_route_in_l2
from constructions.memorizers.sawtooth import memorize_with_kinks, memorize_with_sawtooth
from constructions.memorizers.shared_square import memorize_with_shared_square
from verify.testing.ball_points import ball_points

HAIR = Fraction(1, 2**40)
TRIPLES = [(3, 4, 5), (5, 12, 13), (20, 21, 29), (119, 120, 169)]
BUILDERS = {
    "shared-square": memorize_with_shared_square,
    "sawtooth": memorize_with_sawtooth,
    "kinks": memorize_with_kinks,
    "cuts": memorize_with_cuts,
    "paper": memorize_by_the_papers_route_in_l2,
}
PAIR = LabelledPoints.of([[0, 0], [3, 4]], [1, -1])
each_builder = pytest.mark.parametrize("name", list(BUILDERS))


def plane(first: int, second: int, offset: Fraction) -> ReluNetwork:
    """The half-plane ``first * x + second * y > offset``."""
    return ReluNetwork([AffineMap([[first, second]], [-offset])])


def status(network: ReluNetwork, centre: list[Fraction], radius: Fraction, label: int = 1) -> str:
    """Return the verdict on one l2 ball, the same by every method that decides it."""
    data = LabelledPoints.of([centre], [label])
    found = {verify.robust_error(network, data, "l2", radius, method).status[0] for method in ("auto", "complete")}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize("triple", TRIPLES)
def test_trap_3_points_of_a_sphere_that_floats_take_for_outside(triple: tuple[int, int, int]) -> None:
    """Some points at distance exactly the radius are farther in floats; the closed ball has them."""
    a, b, c = triple
    outside_in_floats = 0
    for tenths in range(1, 60):
        centre = [Fraction(tenths, 10), Fraction(tenths, 7)]
        radius = Fraction(c, 10)
        contact = [centre[0] + Fraction(a, 10), centre[1] + Fraction(b, 10)]
        steps = [float(x) - float(y) for x, y in zip(contact, centre, strict=True)]
        outside_in_floats += math.sqrt(steps[0] ** 2 + steps[1] ** 2) > float(radius)
        assert NormBall("l2", radius).contains(centre, contact)
    assert outside_in_floats
    # Zero at the contact of the last ball and nowhere else in it.
    touching = plane(-a, -b, -(a * contact[0] + b * contact[1]))
    assert status(touching, centre, radius) == "violated"
    assert status(touching, centre, radius - HAIR) == "robust"


def test_trap_8_squares_of_their_own_make_dense_layers_quadratic_and_the_shared_square_does_not() -> None:
    sizes = {}
    for side in (3, 6):
        grid = np.stack(np.meshgrid(range(side), range(side)), axis=-1).reshape(-1, 2)
        data = LabelledPoints.of(grid, [1 if sum(point) % 2 else -1 for point in grid.tolist()])
        bumps = min(data.labels.count(1), data.labels.count(-1))
        for name in ("shared-square", "sawtooth", "kinks", "paper"):
            size = BUILDERS[name](data, "1/3").size
            sizes[name, side] = size.nonzero / bumps, size.dense / bumps
    for name in ("sawtooth", "kinks", "paper"):
        assert sizes[name, 6][0] < 1.2 * sizes[name, 3][0] and sizes[name, 6][1] > 2.5 * sizes[name, 3][1]
    assert sizes["shared-square", 6][1] < sizes["shared-square", 3][1]


@each_builder
def test_trap_9_eps_is_half_the_separation_and_not_the_separation(name: str) -> None:
    """At distance 5, eps = 5/2: radii between 5/2 and 5 are refused, though below the separation."""
    for radius in (Fraction(5, 2), Fraction(5, 2) + HAIR, Fraction(4)):
        with pytest.raises(AssumptionViolated, match="must be below eps = 5/2"):
            BUILDERS[name](PAIR, radius)
    with pytest.raises(AssumptionViolated, match="needs at least 36"):
        BUILDERS[name](PAIR, 1, eps=3)
    assert verify.robust_error(BUILDERS[name](PAIR, "12/5"), PAIR, "l2", "12/5").upper == 0


@each_builder
@pytest.mark.parametrize("ratio", ["1/2", "3/4", "19/20"])
def test_trap_10_half_of_eps_is_no_limit_and_the_smaller_class_is_enough(name: str, ratio: str) -> None:
    data = LabelledPoints.of([[0, 0], [3, 4], [-3, 4], [3, -4], [-3, -4]], [1, -1, -1, -1, -1])
    radius = Fraction(ratio) * Fraction(5, 2)
    network = BUILDERS[name](data, radius)
    assert verify.robust_error(network, data, "l2", radius).upper == 0
    read = network.maps[-1].shape[1]
    assert read == (10 if name == "paper" else 1), "one bump, where the paper's route has two units a point"


def test_trap_10_bumps_on_both_classes_are_zero_off_the_balls() -> None:
    data = LabelledPoints.of([[0, 0], [6, 8]], [-1, 1])
    both = memorize_by_the_papers_route_in_l2(data, "1/4", eps="1/2")
    assert both([3, 4]) == (0,)
    for label in (-1, 1):
        assert status(both, [Fraction(3), Fraction(4)], Fraction(1, 4), label) == "violated"
    for name in ("sawtooth", "kinks", "cuts"):
        assert BUILDERS[name](data, "1/4", eps="1/2")([3, 4])[0] < 0


@pytest.mark.parametrize("dim", [4, 9, 16])
def test_trap_11_a_box_holds_points_far_outside_the_ball(dim: int) -> None:
    """The corner of the box of radius r is at distance r sqrt(d), in the ball of an opposite point."""
    root = math.isqrt(dim)
    data = LabelledPoints.of([[0] * dim, [Fraction(2, root)] * dim], [1, -1])
    assert data.separation_squared() == 4
    radius = Fraction(9, 10)
    with pytest.raises(AssumptionViolated):
        memorize_with_box_bumps(data, radius)
    box = memorize_with_box_bumps(data, Fraction(9, 10 * root))
    result = verify.robust_error(box, data, "l2", radius)
    assert "violated" in result.status and verify.robust_error(box, data, radius=Fraction(9, 10 * root)).upper == 0
    for name in ("cuts", "shared-square", "kinks"):
        assert verify.robust_error(BUILDERS[name](data, radius), data, "l2", radius).upper == 0


@pytest.mark.parametrize("triple", TRIPLES)
def test_trap_12_a_ball_that_touches_exactly_is_told_from_one_that_does_not(triple: tuple[int, int, int]) -> None:
    """The line a x + b y = c is at distance 1 from the origin, where no root is irrational."""
    a, b, c = triple
    centre = [Fraction(0), Fraction(0)]
    line = plane(-a, -b, Fraction(-c))
    assert status(line, centre, Fraction(1)) == "violated"
    assert status(line, centre, 1 - HAIR) == "robust" and status(line, centre, 1 + HAIR) == "violated"
    result = verify.robust_error(line, LabelledPoints.of([centre], [1]), "l2", 1)
    assert result.witness(0) == (Fraction(a, c), Fraction(b, c))


@pytest.mark.parametrize("bits", [10, 30, 60, 120])
@pytest.mark.parametrize("slopes", [(1, 1), (1, 2), (3, 5)])
def test_trap_12_radii_beside_an_irrational_critical_one(slopes: tuple[int, int], bits: int) -> None:
    """The line p x + q y = 1 is at distance 1/sqrt(p^2 + q^2): squares decide on which side a radius is."""
    p, q = slopes
    below = Fraction(math.isqrt(4**bits // (p * p + q * q)), 2**bits)
    above = below + Fraction(1, 2**bits)
    assert below**2 * (p * p + q * q) < 1 < above**2 * (p * p + q * q)
    line, centre = plane(-p, -q, Fraction(-1)), [Fraction(0), Fraction(0)]
    assert status(line, centre, below) == "robust"
    assert status(line, centre, above) == "violated"


@pytest.mark.parametrize("name", ["cuts", "kinks", "shared-square"])
def test_trap_12_the_distance_of_memorized_points_is_compared_by_its_square(name: str) -> None:
    """Separation sqrt(5): with 4 eps^2 at most 5 a network is built, beyond that none."""
    data = LabelledPoints.of([[0, 0], [1, 2]], [1, -1])
    below = Fraction(math.isqrt(5 * 4**20), 2**21)
    assert 4 * below**2 < 5 < 4 * (below + Fraction(1, 2**21)) ** 2
    radius = below * Fraction(15, 16)
    network = BUILDERS[name](data, radius, eps=below)
    assert verify.robust_error(network, data, "l2", radius).upper == 0
    with pytest.raises(AssumptionViolated, match="needs at least"):
        BUILDERS[name](data, radius, eps=below + Fraction(1, 2**21))


@pytest.mark.parametrize(
    ("name", "bits"),
    [(name, bits) for name in BUILDERS for bits in (8, 16, 24) if (name, bits) != ("kinks", 24)],  # thousands of pieces
)
def test_trap_21_a_closing_gap_makes_large_weights_and_stays_exact(name: str, bits: int) -> None:
    """The bump falls from 1 to 0 within ``2 eps - 2 radius``: its slope grows like the inverse."""
    radius = Fraction(5, 2) * (1 - Fraction(1, 2**bits))
    network = BUILDERS[name](PAIR, radius)
    assert network.size.weight_bits >= bits - 3
    smallest = Fraction(2)
    for block in islice(ball_points(PAIR, "l2", radius, Random(bits)), 40):
        values = network.numerators_at(block.numerators, block.scale)[:, 0].astype(object)
        unit = block.scale * network.scale
        smallest = min([smallest, *(Fraction(int(v) * y, unit) for v, y in zip(values, PAIR.labels, strict=True))])
    assert smallest == 1


@pytest.mark.parametrize("bits", [40, 100, 300])
def test_trap_21_half_spaces_are_decided_however_small_the_gap(bits: int) -> None:
    radius = Fraction(5, 2) - Fraction(1, 2**bits)
    network = memorize_with_cuts(PAIR, radius)
    assert network.size.weight_bits >= bits
    assert verify.robust_error(network, PAIR, "l2", radius).smallest_margin == 1
    assert verify.robust_error(network, PAIR, "l2", radius + Fraction(1, 2**bits)).lower >= Fraction(1, 2)


def test_trap_21_the_slope_is_reported_as_weight_bits() -> None:
    data = load_data("random:n=8,d=3,levels=8,seed=1")
    eps = Fraction(math.isqrt(int(data.separation_squared() * 4**30)), 2**31)  # type: ignore[operator]
    bits = [memorize_with_shared_square(data, eps * (1 - Fraction(1, 2**k)), eps).size.weight_bits for k in (4, 12, 20)]
    assert bits[0] < bits[1] < bits[2]
