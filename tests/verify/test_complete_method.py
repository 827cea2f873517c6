"""The complete method: what it says of small networks of every shape, and that it gives up honestly."""

from __future__ import annotations

import random
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import verify
from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from constructions.data.norm_ball import Point
from verify.branching.complete import Answer, CompleteMethod
from verify.branching.search import Search
from verify.certificate.checker import check
from verify.robustness import RobustError
from verify.testing.exhaustive import critical_radius, smallest_margin

THIRD = Fraction(1, 3)
NORMS = ("linf", "l1", "l2")


def _network(*maps: tuple[Any, Any]) -> ReluNetwork:
    return ReluNetwork(AffineMap(weight, bias) for weight, bias in maps)


def _cone(*height: Any) -> ReluNetwork:
    """``height - |x - 1/3| - |y - 2/7|``."""
    faces, shifts = [[1, 0], [-1, 0], [0, 1], [0, -1]], [-THIRD, THIRD, Fraction(-2, 7), Fraction(2, 7)]
    return _network((faces, shifts), ([[-1] * 4], list(height)))


def _valley(height: Any) -> ReluNetwork:
    """``height + |x - 1/3| + |y - 2/7|``: smallest at a point that is no float."""
    faces, shifts = [[1, 0], [-1, 0], [0, 1], [0, -1]], [-THIRD, THIRD, Fraction(-2, 7), Fraction(2, 7)]
    return _network((faces, shifts), ([[1] * 4], [height]))


def _twins(pairs: int) -> tuple[ReluNetwork, LabelledPoints]:
    """Return a network that is 3 everywhere, which takes a case for every choice of signs to see."""
    stream = random.Random(pairs)
    rows = [[Fraction(stream.randint(-9, 9), 7) for _ in range(pairs)] for _ in range(pairs)]
    twins = [row for row in rows for _ in range(2)]
    network = _network((twins, [0] * len(twins)), ([[10**6, -(10**6)] * pairs], [3]))
    return network, LabelledPoints.of([[0] * pairs], [1])


def _one(network: ReluNetwork, point: Any, radius: Any, label: int = 1, **asked: Any) -> RobustError:
    data = LabelledPoints.of([point], [label])
    return verify.robust_error(network, data, radius=radius, method="complete", **asked)


def _is_exact_witness(result: RobustError, index: int = 0) -> bool:
    witness, label = result.witness(index), result.data.labels[index]
    if witness is None or not all(type(value) is Fraction for value in witness):
        return False
    values = result.network(witness)
    lead = label * values[0] if len(values) == 1 else min(values[label] - v for k, v in enumerate(values) if k != label)
    inside = result.domain is None or all(
        a <= x <= b for a, x, b in zip(result.domain.lower, witness, result.domain.upper, strict=True)
    )
    return lead <= 0 and inside and result.ball.contains(result.data.point(index), witness)


# Giving up -------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0, 1e-9])
def test_without_time_everything_is_unknown(seconds: float) -> None:
    network, data = _twins(12)
    whole = verify.robust_error(network, data, radius=1, method="complete", seconds=seconds)
    point = verify.robust_error(network, data, radius=1, method="complete", point_seconds=seconds)
    for result in (whole, point):
        assert result.status == ("unknown",) and result.witness(0) is None and result.margin(0) is None
        assert (result.lower, result.upper) == (0, 1)


def test_a_deadline_that_has_passed_leaves_every_ball_unknown() -> None:
    network, data = _twins(12)
    method = CompleteMethod(network, 1, NormBall("linf", 1), deadline=time.monotonic() - 1)
    assert [answer.status for answer in method.decide([data.point(0)] * 3)] == ["unknown"] * 3


def test_no_ball_is_begun_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise AssertionError("a ball was begun")

    monkeypatch.setattr(Search, "run", refuse)
    network, data = _twins(3)
    method = CompleteMethod(network, 1, NormBall("linf", 1), deadline=time.monotonic() - 1)
    assert [answer.status for answer in method.decide([data.point(0)] * 200)] == ["unknown"] * 200


def test_without_memory_the_answer_is_unknown() -> None:
    network, data = _twins(12)
    method = CompleteMethod(network, 1, NormBall("linf", 1), most_bytes=1, seconds=60)
    (answer,) = method.decide([data.point(0)])
    assert answer == Answer("unknown", nodes=answer.nodes)


@pytest.mark.parametrize("most", [1, 2, 100])
def test_few_nodes_end_in_unknown(most: int) -> None:
    network, data = _twins(12)
    method = CompleteMethod(network, 1, NormBall("linf", 1), most_nodes=most)
    (answer,) = method.decide([data.point(0)])
    assert answer == Answer("unknown", nodes=answer.nodes) and answer.nodes <= 3 * most


def test_a_limit_never_turns_an_answer_round() -> None:
    stream, decided = random.Random(3), 0
    for _ in range(25):
        network = _random(stream, 2, 1)
        centre = tuple(Fraction(stream.randint(-6, 6), 5) for _ in range(2))
        label, ball = (1 if network(centre)[0] > 0 else -1), NormBall(stream.choice(NORMS), Fraction(1, 3))
        (whole,) = CompleteMethod(network, label, ball).decide([centre])
        assert whole.status != "unknown"
        for most in (1, 3, 9):
            (cut,) = CompleteMethod(network, label, ball, most_nodes=most).decide([centre])
            assert cut.status in ("unknown", whole.status)
            decided += cut.status != "unknown"
    assert decided >= 25


def test_unknown_points_get_no_place_in_a_certificate(tmp_path: Path) -> None:
    network, data = _twins(12)
    result = verify.robust_error(network, data, radius=1, method="complete", seconds=0)
    said = check(result.certificate(tmp_path / "certificate.json"))
    assert "lies between 0 and 1" in said


def test_a_tree_for_every_choice_of_signs_is_found_and_checked(tmp_path: Path) -> None:
    network, data = _twins(4)
    for norm in NORMS:
        result = verify.robust_error(network, data, radius=1, norm=norm, method="complete")
        assert result.status == ("robust",) and 0 < result.margin(0) <= 3  # type: ignore[operator]
        assert check(result.certificate(tmp_path / "certificate.json")).startswith("proved")


def test_no_points_no_answers() -> None:
    assert CompleteMethod(_cone(1), 1, NormBall("linf", 1)).decide([]) == []


# The minimum exactly 0 ---------------------------------------------------------------------


@pytest.mark.parametrize("norm", NORMS)
def test_a_valley_that_touches_zero_gives_its_point(norm: str) -> None:
    point = (THIRD, Fraction(2, 7))
    touching = _one(_valley(0), [0, 0], 1, norm=norm)
    assert touching.status == ("violated",) and touching.witness(0) == point and _is_exact_witness(touching)
    for bits in (10, 40, 70, 200):
        above = _one(_valley(Fraction(1, 2**bits)), [0, 0], 1, norm=norm)
        assert above.status == ("robust",) and 0 < above.margin(0) <= Fraction(1, 2**bits)  # type: ignore[operator]
        below = _one(_valley(Fraction(-1, 2**bits)), [0, 0], 1, norm=norm)
        assert below.status == ("violated",) and _is_exact_witness(below)


@pytest.mark.parametrize("norm", ["linf", "l1"])
def test_at_the_critical_radius_there_is_a_witness_and_below_a_proof(norm: str) -> None:
    centre = [Fraction(1, 5), Fraction(3, 11)]
    network = _cone(Fraction(5, 7))
    critical = critical_radius(network, 1, centre, norm, 4)
    assert critical is not None
    for hair in (Fraction(0), Fraction(1, 2**10), Fraction(1, 2**40), Fraction(1, 2**90)):
        over, under = (_one(network, centre, critical + s * hair, norm=norm) for s in (1, -1))
        assert over.status == ("violated",) and _is_exact_witness(over)
        assert under.status == (("robust",) if hair else ("violated",))


def test_a_sphere_that_touches_in_a_rational_point() -> None:
    # 1 - (3x + 4y)/5 + relu(...) is 0 first at (3/5, 4/5), at distance exactly 1.
    network = _network(([["3/5", "4/5"], ["-3/5", "-4/5"]], [0, 0]), ([[-1, 1]], [1]))
    for hair in (Fraction(0), Fraction(1, 2**40), Fraction(1, 2**80)):
        over, under = (_one(network, [0, 0], 1 + s * hair, norm="l2") for s in (1, -1))
        assert over.status == ("violated",) and _is_exact_witness(over)
        assert under.status == (("robust",) if hair else ("violated",))
    assert _one(network, [0, 0], 1, norm="l2").witness(0) == (Fraction(3, 5), Fraction(4, 5))


def test_a_sphere_whose_touching_point_is_irrational() -> None:
    network = _network(([[1, 1], [-1, -1]], [0, 0]), ([[-1, 1]], [2]))  # distance sqrt(2) from 0
    root = Fraction(141421356237309504880168872420969807, 10**35)
    assert root**2 < 2 < (root + Fraction(1, 10**35)) ** 2
    assert _one(network, [0, 0], root, norm="l2").status == ("robust",)
    above = _one(network, [0, 0], root + Fraction(1, 10**35), norm="l2")
    assert above.status == ("violated",) and _is_exact_witness(above)


def test_a_plateau_at_zero_is_wrong_everywhere() -> None:
    flat = _network(([[0, 0]], [-1]), ([[1]], [0]))
    for norm in NORMS:
        result = _one(flat, [3, -2], 0, norm=norm)
        assert result.status == ("violated",) and _is_exact_witness(result)


def test_many_kinks_in_one_point_are_no_obstacle() -> None:
    slopes = [[1], [-1], [2], [-2], [3], [-3], [1], [-1]]
    for centre in (THIRD, Fraction(1, 4), Fraction(2, 7)):
        shifts = [-row[0] * centre for row in slopes]
        touching = _one(_network((slopes, shifts), ([[1] * 8], [0])), [0], 1, point_seconds=20)
        assert touching.status == ("violated",) and touching.witness(0) == (centre,)
        hair = _one(_network((slopes, shifts), ([[1] * 8], [Fraction(1, 2**60)])), [0], 1, point_seconds=20)
        assert hair.status == ("robust",)


def test_cancelling_twins_with_large_weights_end() -> None:
    # 2^40 relu(z) - 2^40 relu(z) + 3, eight times over: only exact zero helps, not smaller boxes.
    rows = [[1, 1], [1, 1], [2, -1], [2, -1], [1, -3], [1, -3], [3, 2], [3, 2]]
    large = 2**40
    network = _network((rows, [THIRD] * 8), ([[large, -large] * 4], [3]))
    for norm in NORMS:
        result = _one(network, [0, 0], 1, norm=norm, point_seconds=20)
        assert result.status == ("robust",)


# Margins ----------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["linf", "l1"])
def test_margins_are_positive_and_at_most_the_smallest_output(norm: str) -> None:
    stream, robust = random.Random(norm), 0
    for _ in range(40):
        network = _random(stream, stream.randint(1, 3), stream.choice((1, 1, 3)))
        centre = tuple(Fraction(stream.randint(-6, 6), 5) for _ in range(network.dim))
        values = network(centre)
        label = max(range(3), key=lambda k: values[k]) if len(values) == 3 else 1 if values[0] > 0 else -1
        radius = Fraction(stream.randint(0, 8), 16)
        result = _one(network, centre, radius, label, norm=norm)
        truth = smallest_margin(network, label, centre, NormBall(norm, radius))
        assert truth is not None and result.status == (("robust",) if truth.margin > 0 else ("violated",))
        if truth.margin > 0:
            robust += 1
            assert 0 < result.margin(0) <= truth.margin  # type: ignore[operator]
        else:
            assert _is_exact_witness(result)
    assert robust >= 10


def _random(stream: random.Random, dim: int, outputs: int) -> ReluNetwork:
    sizes = [dim, *(stream.randint(1, 5) for _ in range(stream.choice((0, 1, 2, 3)))), outputs]

    def draw() -> Fraction:
        return Fraction(stream.randint(-7, 7), stream.choice((1, 2, 3)))

    return _network(
        *(([[draw() for _ in range(a)] for _ in range(b)], [draw() for _ in range(b)]) for a, b in pairwise(sizes))
    )


# Shapes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", NORMS)
def test_networks_without_hidden_layers(norm: str) -> None:
    plane = _network(([["3/5", "-4/5"]], [1]))
    reach = {"linf": Fraction(7, 5), "l1": Fraction(4, 5), "l2": Fraction(1)}[norm]
    hair = Fraction(1, 2**50)
    assert _one(plane, [0, 0], 1 / reach - hair, norm=norm).status == ("robust",)
    for radius in (1 / reach, 1 / reach + hair):
        result = _one(plane, [0, 0], radius, norm=norm)
        assert result.status == ("violated",) and _is_exact_witness(result)
    three = _network(([[1, -1], [2, 1], [0, 0]], [1, 0, 0]))
    data = LabelledPoints.of([[0, 0], ["1/8", 0], [0, "9/8"]], [0, 0, 0])
    several = verify.robust_error(three, data, norm=norm, radius="1/16", method="complete")
    assert several.status == ("robust", "robust", "violated")


@pytest.mark.parametrize("norm", NORMS)
def test_layers_of_width_one(norm: str) -> None:
    chain = _network(([[1, -2]], [1]), ([["1/3"]], ["1/7"]), ([[3]], [-1]), ([[1]], [Fraction(1, 2**30)]))
    result = _one(chain, [2, 0], "1/4", norm=norm)
    assert result.status == ("robust",)
    bare = _one(
        _network(([[1, -2]], [1]), ([["1/3"]], ["1/7"]), ([[3]], [-1]), ([[1]], [0])), [-2, 1], "1/4", norm=norm
    )
    assert bare.status == ("violated",) and _is_exact_witness(bare)


@pytest.mark.parametrize("norm", NORMS)
def test_dead_doubled_and_weightless_units_change_nothing(norm: str) -> None:
    plain = _network(([[1, "1/3"], ["-1/2", 1]], [0, "1/5"]), ([[1, -1], ["2/3", 1]], [0, "-1/4"]), ([[-1, -1]], [2]))
    idle = _network(
        (
            [[1, "1/3"], [0, 0], ["-1/2", 1], [1, 1], ["-1/2", 1], [0, 0]],
            [0, -1, "1/5", -100, "1/5", 7],
        ),
        ([[1, 5, "-1/2", 9, "-1/2", 0], ["2/3", -5, 0, 1, 1, 0], [0] * 6], [0, "-1/4", 0]),
        ([[-1, -1, 3]], [2]),
    )
    for radius in ("1/8", "1/2", "3/4", "9/8", "3/2"):
        first, second = (_one(network, [0, 0], radius, norm=norm) for network in (plain, idle))
        assert first.status == second.status != ("unknown",)


def test_a_network_of_zeros_and_one_of_constants() -> None:
    zeros = _network(([[0, 0], [0, 0]], [0, 0]), ([[0, 0]], [0]))
    assert _one(zeros, [1, 2], 5).status == ("violated",)
    constant = _network(([[0, 0], [0, 0]], [1, -1]), ([[0, 0]], [Fraction(1, 2**300)]))
    result = _one(constant, [1, 2], 5)
    assert result.status == ("robust",) and 0 < result.margin(0) <= Fraction(1, 2**300)  # type: ignore[operator]


def test_radius_zero_asks_for_the_centre() -> None:
    for centre, status in (((THIRD, Fraction(2, 7)), "violated"), ((THIRD, Fraction(3, 7)), "robust")):
        for norm in NORMS:
            assert _one(_valley(0), centre, 0, norm=norm).status == (status,)


def test_labels_and_classes_are_kept_apart() -> None:
    network = _cone(1)
    data = LabelledPoints.of([[THIRD, 0], [5, 5], [THIRD, "2/7"], [5, -5]], [1, -1, -1, 1])
    result = verify.robust_error(network, data, radius="1/4", method="complete")
    assert result.status == ("robust", "robust", "violated", "violated")
    assert all(_is_exact_witness(result, index) for index in (2, 3))


# Boxes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", NORMS)
def test_a_box_through_the_point_that_decides(norm: str) -> None:
    point: Point = (THIRD, Fraction(2, 7))
    hair = Fraction(1, 2**40)
    for shift, status in ((Fraction(0), "violated"), (hair, "violated"), (-hair, "robust")):
        domain = ([-1, -1], [point[0] + shift, 1])
        result = _one(_valley(0), [0, 0], 1, norm=norm, domain=domain)
        assert result.status == (status,)
        assert status == "robust" or _is_exact_witness(result)


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_a_box_that_only_the_corners_of_the_ball_would_reach(norm: str, tmp_path: Path) -> None:
    # The box around the ball meets the domain, the ball does not: there is nothing to be wrong.
    network = _network(([[-1, -1]], [1]), ([[-1]], ["-1/2"]))
    result = _one(network, [0, 0], 1, norm=norm, domain=(["9/10", "9/10"], [2, 2]))
    assert result.status == ("robust",)
    assert check(result.certificate(tmp_path / "certificate.json")).startswith("proved")


@pytest.mark.parametrize("norm", NORMS)
def test_a_box_of_one_point_and_a_face_through_the_centre(norm: str) -> None:
    one = _one(_valley(0), [0, 0], 1, norm=norm, domain=([THIRD, "2/7"], [THIRD, "2/7"]))
    assert one.status == ("violated",) and one.witness(0) == (THIRD, Fraction(2, 7))
    half = _one(_valley(0), [0, 0], 1, norm=norm, domain=([-1, -1], [0, 0]))
    assert half.status == ("robust",)


# Repeating --------------------------------------------------------------------------------


def test_equal_seeds_give_equal_answers_and_certificates(tmp_path: Path) -> None:
    stream = random.Random(12)
    network = _random(stream, 3, 1)
    points = [[Fraction(stream.randint(-9, 9), 7) for _ in range(3)] for _ in range(6)]
    data = LabelledPoints.of(points, [1 if network(point)[0] > 0 else -1 for point in points])
    texts = set()
    for run in range(3):
        result = verify.robust_error(network, data, radius="1/5", norm="l1", method="complete", seed=4)
        texts.add(result.certificate(tmp_path / f"{run}.json").read_bytes())
        assert result.count("unknown") == 0
    assert len(texts) == 1


def test_answers_do_not_depend_on_the_company(tmp_path: Path) -> None:
    stream = random.Random(13)
    network = _random(stream, 2, 1)
    points = [[Fraction(stream.randint(-9, 9), 7) for _ in range(2)] for _ in range(8)]
    labels = [1 if network(point)[0] > 0 else -1 for point in points]
    together = verify.robust_error(network, LabelledPoints.of(points, labels), radius="1/3", method="complete")
    alone = tuple(_one(network, p, "1/3", label).status[0] for p, label in zip(points, labels, strict=True))
    assert together.status == alone


def test_progress_counts_every_ball_once() -> None:
    seen: list[tuple[str, int, int]] = []
    data = LabelledPoints.of([[0, 0], [1, 1], [2, 2]], [1, 1, 1])
    verify.robust_error(_cone(9), data, radius="1/4", method="complete", progress=lambda *line: seen.append(line))
    assert seen == [("complete", count, 3) for count in (1, 2, 3)]
