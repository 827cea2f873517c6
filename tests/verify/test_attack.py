"""The attack finds what is there, on the boundary too, and never returns a point that is not one."""

from __future__ import annotations

import time
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np
import pytest

from constructions.data.norm_ball import NormBall
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.methods import attack, attack_balls
from verify.methods.attack import Counterexample, find_counterexamples
from verify.methods.ball_program import Domain, margin_network

NORMS = ("linf", "l1", "l2")
HALF = Fraction(1, 2)
TINY = Fraction(1, 2**40)
LONG = Fraction(1, 10**100 + 267)


def affine(*rows: Any, bias: Any) -> ReluNetwork:
    """Return a network of one map."""
    return ReluNetwork([AffineMap(rows, bias)])


def valley(target: list[Any], depth: Any) -> ReluNetwork:
    """Return ``|x - target|_1 - depth``."""
    dim = len(target)
    rows = [[sign if k == j else 0 for k in range(dim)] for j in range(dim) for sign in (1, -1)]
    bias = [-sign * Fraction(target[j]) for j in range(dim) for sign in (1, -1)]
    return ReluNetwork([AffineMap(rows, bias), AffineMap([[1] * (2 * dim)], [-Fraction(depth)])])


def search(
    network: ReluNetwork, points: Any, ball: NormBall, scale: int = 1, **options: Any
) -> dict[int, Counterexample]:
    """Attack, and check every answer in fractions."""
    array = points if isinstance(points, np.ndarray) else np.array(points)
    found = find_counterexamples(network, array, scale, ball, **options)
    box = options.get("domain")
    for index, hit in found.items():
        centre = [Fraction(int(value), scale) for value in array[index]]
        assert ball.contains(centre, hit.point)
        assert min(network(hit.point)) <= 0
        assert box is None or all(lo <= x <= hi for x, lo, hi in zip(hit.point, box.lower, box.upper, strict=True))
        assert hit.source in ("centre", "towards", "corner", "random", "gradient")
    return found


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    "weight", [1, 2**60, 2**70, 2**3000, Fraction(1, 3**500)], ids=["1", "2^60", "2^70", "2^3000", "3^-500"]
)
@pytest.mark.parametrize(
    ("extra", "expected"),
    [(-TINY, 0), (0, 1), (TINY, 1), (-LONG, 0), (LONG, 1)],
    ids=["below", "at", "above", "hair below", "hair above"],
)
def test_critical_radius(norm: str, weight: Any, extra: Any, expected: int) -> None:
    """1/2 - x is 0 at the end of the ball of radius 1/2, in every scaling of the weights."""
    network = affine([-weight], bias=[weight * HALF])
    assert len(search(network, [[0]], NormBall(norm, HALF + extra))) == expected


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("lift", "expected"), [(0, 1), (1, 0)])
def test_cancelling_big_weights(norm: str, lift: int, expected: int) -> None:
    """2^60 relu(x) - 2^60 relu(x - 1) - 2^60 + lift: lift on the plateau, which floats see as 0."""
    hidden = AffineMap([[2**60], [2**60]], [0, -(2**60)])
    network = ReluNetwork([hidden, AffineMap([[1, -1]], [lift - 2**60])])
    assert len(search(network, [[2]], NormBall(norm, 1))) == expected


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dim", [1, 2, 3, 7, 70])
def test_plateau_of_zeros_is_an_error(norm: str, dim: int) -> None:
    """relu(1/2 - x_0) is exactly 0 from 1/2 on."""
    network = ReluNetwork([AffineMap([[-1] + [0] * (dim - 1)], [HALF]), AffineMap([[1]], [0])])
    centre = np.zeros((1, dim), dtype=np.int64)
    assert len(search(network, centre, NormBall(norm, HALF))) == 1
    assert search(network, centre, NormBall(norm, HALF - TINY)) == {}


@pytest.mark.parametrize("norm", NORMS)
def test_radius_zero_tries_the_centre_only(norm: str) -> None:
    network = affine([1, 1], bias=[-1])
    found = search(network, [[1, 0], [1, 1], [0, 0]], NormBall(norm, 0), opposite=np.array([[5, 5]]))
    assert {index: hit.source for index, hit in found.items()} == {0: "centre", 2: "centre"}


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    ("upper", "expected"), [(HALF, 1), (HALF - TINY, 0), (HALF + TINY, 1), (Fraction(2), 1), (HALF - LONG, 0)]
)
def test_domain_cuts_the_bad_end(norm: str, upper: Fraction, expected: int) -> None:
    """1/2 - x_0 within radius 1 of the origin, where the domain ends at ``upper``."""
    domain = Domain((Fraction(-1), Fraction(-1)), (upper, Fraction(1)))
    assert len(search(affine([-1, 0], bias=[HALF]), [[0, 0]], NormBall(norm, 1), domain=domain)) == expected


def test_domain_corner_is_tried() -> None:
    """Only the corner (3/4, 1/3) of ball and domain together gives exactly 0."""
    network = affine([-1, -1], bias=[Fraction(13, 12)])
    domain = Domain((Fraction(0), Fraction(0)), (Fraction(2), Fraction(1, 3)))
    found = search(network, [[0, 0]], NormBall("linf", "3/4"), domain=domain)
    assert found[0].point == (Fraction(3, 4), Fraction(1, 3))


@pytest.mark.parametrize("norm", NORMS)
def test_centre_outside_the_domain(norm: str) -> None:
    """The nearest point of the domain counts when it lies in the ball, and only then."""
    domain = Domain((Fraction(1),), (Fraction(2),))
    network = affine([1], bias=[-1])
    assert search(network, [[0]], NormBall(norm, 1), domain=domain)[0].point == (Fraction(1),)
    assert search(network, [[0]], NormBall(norm, 1 - LONG), domain=domain) == {}


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int64, np.uint64, object])
@pytest.mark.parametrize("norm", NORMS)
def test_every_integer_type(kind: Any, norm: str) -> None:
    points, opposite = np.array([[0, 200], [3, 7]], dtype=kind), np.array([[255, 0]], dtype=kind)
    network = affine([-1, 1], bias=[-50])
    found = search(network, points, NormBall(norm, 100), scale=2, opposite=opposite)
    assert sorted(found) == [0, 1]


def test_no_points_and_no_opposite_points() -> None:
    network = affine([1, 1], bias=[-5])
    nothing = np.zeros((0, 2), dtype=np.int64)
    assert search(network, nothing, NormBall("linf", 1), opposite=nothing) == {}
    assert sorted(search(network, [[3, 3]], NormBall("linf", 1), opposite=nothing)) == [0]


def test_shapes_that_do_not_fit() -> None:
    network = affine([1, 1], bias=[0])
    points, ball = np.zeros((1, 2), dtype=np.int64), NormBall("linf", 1)
    with pytest.raises(ValueError, match=r"2 coordinates, the points have shape \(1, 3\)"):
        find_counterexamples(network, np.zeros((1, 3), dtype=np.int64), 1, ball)
    with pytest.raises(ValueError, match=r"shape \(m, 2\), got \(4, 1\)"):
        find_counterexamples(network, points, 1, ball, opposite=np.zeros((4, 1), dtype=np.int64))
    with pytest.raises(ValueError, match="the domain 1"):
        find_counterexamples(network, points, 1, ball, domain=Domain((Fraction(0),), (Fraction(1),)))


def test_deadline_stops_the_search() -> None:
    network, centre = affine([1], bias=[0]), np.array([[0]])
    assert find_counterexamples(network, centre, 1, NormBall("linf", 1), deadline=time.monotonic()) == {}
    late = time.monotonic() + 60
    assert sorted(find_counterexamples(network, centre, 1, NormBall("linf", 1), deadline=late)) == [0]


def test_deadline_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that ticks once a look: the centre is lost in time, the corner is not."""
    ticks = count()
    monkeypatch.setattr(attack.time, "monotonic", lambda: next(ticks))
    network, centres, ball = affine([1], bias=[0]), np.array([[0], [1]]), NormBall("linf", 1)
    assert sorted(find_counterexamples(network, centres, 1, ball, deadline=3)) == [0]
    assert sorted(find_counterexamples(network, centres, 1, ball, deadline=40)) == [0, 1]


def test_a_sample_of_opposite_points_suffices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all pairs would be too many, some opposite points still show the way."""
    monkeypatch.setattr(attack_balls, "_PAIR_WORK", 0)
    opposite = np.arange(4, 104).reshape(-1, 1)
    found = search(affine([-1], bias=[3]), [[0]], NormBall("linf", 4), opposite=opposite)
    assert found[0] == Counterexample((Fraction(4),), "towards")


@pytest.mark.parametrize("norm", NORMS)
def test_some_output_suffices(norm: str) -> None:
    """A point of class 2 among three is lost where any one margin is 0."""
    network = affine([1, 0], [0, 1], [0, 0], bias=[-3, -2, 0])
    margins = margin_network(network, 2)
    found = search(margins, [[0, 0], [2, 0], [0, 1]], NormBall(norm, 1))
    assert sorted(found) == [1, 2]


@pytest.mark.parametrize("norm", NORMS)
def test_only_the_descent_finds_an_inner_valley(norm: str) -> None:
    """A valley away from centre, axes and corners, of which random points know nothing."""
    dim = 12
    step = {"linf": Fraction(3, 10), "l1": Fraction(1, 16), "l2": Fraction(1, 5)}[norm]
    network = valley([step * (-1) ** j for j in range(dim)], step * dim / 3)
    found = search(network, np.zeros((2, dim), dtype=np.int64), NormBall(norm, 1))
    assert [found[index].source for index in sorted(found)] == ["gradient", "gradient"]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dim", [1, 2, 5])
def test_affine_networks_are_decided_by_their_corners(norm: str, dim: int) -> None:
    """In l-infinity and l1 an affine map is smallest at a corner, and corners are all tried here."""
    stream = np.random.RandomState(dim)
    total = 0
    for _ in range(25):
        weight = [int(value) for value in stream.randint(-3, 4, size=dim)]
        centre = stream.randint(-4, 5, size=(1, dim))
        dual = {"linf": sum(map(abs, weight)), "l1": max(map(abs, weight)), "l2": 0}[norm]
        value = sum(w * int(x) for w, x in zip(weight, centre[0], strict=True))
        for room in (0, 1, -1):
            network = affine(weight, bias=[dual - value + room * TINY])
            found = search(network, centre, NormBall(norm, 1))
            total += len(found)
            if norm != "l2":
                assert bool(found) == (room <= 0)
    assert total >= 50


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("with_domain", [False, True])
def test_random_networks_give_true_counterexamples(norm: str, with_domain: bool) -> None:
    """``search`` re-checks every answer; enough of them must come from every source."""
    stream = np.random.RandomState(7)
    sources = set()
    for trial in range(40):
        dim = int(stream.randint(1, 12))
        network = random_network(stream, dim)
        points = stream.randint(-8, 9, size=(6, dim))
        box = Domain((Fraction(-6, 5),) * dim, (Fraction(6, 5),) * dim) if with_domain else None
        radius = Fraction(int(stream.randint(1, 40)), 21)
        opposite = stream.randint(-8, 9, size=(3, dim))
        hits = search(network, points, NormBall(norm, radius), scale=7, domain=box, opposite=opposite, seed=trial)
        sources |= {hit.source for hit in hits.values()}
    assert {"centre", "towards", "corner"} <= sources


def random_network(stream: np.random.RandomState, dim: int) -> ReluNetwork:
    """Return a network with integer weights whose outputs are often positive."""
    width, outputs = int(stream.randint(1, 7)), int(stream.randint(1, 4))
    first = AffineMap(stream.randint(-3, 4, size=(width, dim)).tolist(), stream.randint(-3, 4, size=width).tolist())
    second = AffineMap(
        stream.randint(-3, 4, size=(outputs, width)).tolist(), stream.randint(1, 9, size=outputs).tolist()
    )
    return ReluNetwork([first, second])


@pytest.mark.parametrize("norm", ["linf", "l1"])
@pytest.mark.parametrize("radius", [HALF, HALF + LONG, HALF - LONG])
def test_floats_that_choose_lose_no_boundary_case(norm: str, radius: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large networks over big integers: floats choose what is evaluated, and keep every doubtful point."""
    monkeypatch.setattr(attack, "_BIG_WORK", 0)
    weight = 2**90 + 1
    network = affine([-weight, 0, 0], [0, 0, weight], bias=[weight * HALF, weight * HALF])
    found = search(network, [[0, 0, 0], [5, 0, 0], [-5, 0, 5]], NormBall(norm, radius))
    assert sorted(found) == ([0, 1] if radius >= HALF else [1])
