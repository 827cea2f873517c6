"""The complete method against the truth: 400 tiny networks by enumeration, 100 wide ones by known points and z3."""

from __future__ import annotations

import json
import random
from collections import Counter
from fractions import Fraction

import pytest

import verify
from benchmarks import nightly_soundness as nightly
from benchmarks.soundness_truths import Found, enumeration, z3_answer
from constructions import AffineMap, LabelledPoints, ReluNetwork
from verify.testing import wide_networks
from verify.testing.exact_distance import nearest_wrong
from verify.testing.tiny_networks import TinyCase, draw_case
from verify.testing.wide_networks import draw_wide_case

NORMS = ("linf", "l1", "l2")
CHUNK = 25


def _judged(case: TinyCase, seed: int, counts: Counter[str], use_z3: bool = False) -> None:
    assert nightly.judge(case, counts, use_z3) == [], json.dumps({"seed": seed, **case.to_json()})


@pytest.mark.parametrize("first", range(50_000, 50_400, CHUNK))
def test_tiny_networks_are_all_decided_and_rightly(first: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(first, first + CHUNK):
        case = draw_case(random.Random(seed), ("linf", "l1") if seed % 3 else ("l2",))
        _judged(case, seed, counts)
        assert not counts["unknown"] and not counts["complete unknown"], seed
    assert counts["complete robust"] == counts["robust"] >= 5 and counts["violated"] >= 2
    assert counts["enumerated"] == counts["balls"]


@pytest.mark.parametrize("first", range(60_000, 60_100, CHUNK))
def test_wide_networks_are_decided_rightly(first: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(first, first + CHUNK):
        _judged(draw_wide_case(random.Random(seed)), seed, counts)
    assert counts["complete robust"] + counts["complete violated"] >= 0.9 * counts["balls"]
    assert counts["complete robust"] >= 5 and counts["complete violated"] >= 5


def test_small_wide_networks_are_decided_as_z3_decides_them() -> None:
    counts: Counter[str] = Counter()
    for seed in range(61_000, 61_200):
        case = draw_wide_case(random.Random(seed), ("linf", "l1"))
        if case.network.size.units <= 9:
            _judged(case, seed, counts, use_z3=True)
    assert counts["z3 answers"] >= 15


def test_enumeration_in_l2_agrees_with_z3() -> None:
    asked = 0
    for seed in range(70_000, 70_080):
        case = draw_case(random.Random(seed), ("l2",))
        if case.network.dim == 2 and case.network.size.units <= 8:
            is_wrong, _ = enumeration(case, 0)
            answer = str(z3_answer(case, 0))
            if answer != "unknown":
                asked += 1
                assert (answer == "sat") == is_wrong, seed
    assert asked >= 10


def test_the_nearest_wrong_point_of_a_cone_is_on_its_rim() -> None:
    faces = [[Fraction(3, 5), Fraction(4, 5)], [Fraction(-3, 5), Fraction(-4, 5)]]
    cone = ReluNetwork([AffineMap(faces, [0, 0]), AffineMap([[-1, -1]], ["5/7"])])
    found = nearest_wrong(cone, 1, [0, 0], 2)
    assert found is not None and found.square == Fraction(25, 49)
    assert found.point in {(Fraction(3, 7), Fraction(4, 7)), (Fraction(-3, 7), Fraction(-4, 7))}
    assert nearest_wrong(cone, 1, [0, 0], "1/2") is None
    boxed = nearest_wrong(cone, 1, [0, 0], 2, ([0, -2], ["1/7", 2]))
    assert boxed is not None and boxed.point == (Fraction(1, 7), Fraction(11, 14))


def test_wide_cases_know_their_wrong_points() -> None:
    known = 0
    for seed in range(60):
        case = draw_wide_case(random.Random(seed))
        assert 3 <= case.network.dim <= 12 and case.network.size.units <= wide_networks.MOST_UNITS
        assert case.network.size.depth <= 4
        known += case.wrong is not None
    assert known >= 12
    assert [draw_wide_case(random.Random(7)).to_json() for _ in range(2)] == [
        draw_wide_case(random.Random(7)).to_json()
    ] * 2


def test_the_judge_notices_a_known_wrong_point(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = (draw_wide_case(random.Random(seed)) for seed in range(100))
    case = next(case for case in cases if case.wrong is not None)
    network = ReluNetwork([AffineMap([[1]], [5])])
    harmless = verify.robust_error(network, LabelledPoints.of([[0]], [1]), radius=1)
    monkeypatch.setattr(verify, "robust_error", lambda *_, **__: harmless)
    problems = nightly.judge(case, Counter(), use_z3=False)
    assert any("called robust, but it is not" in problem for problem in problems)


def test_undecided_seeds_are_listed_by_norm(monkeypatch: pytest.MonkeyPatch) -> None:
    network = ReluNetwork([AffineMap([[1]], [5])])
    given_up = verify.robust_error(network, LabelledPoints.of([[0]], [1]), radius=9, seconds=0, method="complete")
    assert given_up.status == ("unknown",)
    monkeypatch.setattr(verify, "robust_error", lambda *_, **__: given_up)
    monkeypatch.setattr(
        nightly, "draw_case", lambda *_: TinyCase("plain", network, given_up.data, "l1", Fraction(9), None)
    )
    found = nightly.judge_seeds([3, 8], False, NORMS)
    assert found.undecided == {"l1": [3, 8]} and not found.wrong
    assert nightly.main(["--cases", "2", "--seed", "3"]) == 1


def test_processes_count_as_one_does(capsys: pytest.CaptureFixture[str]) -> None:
    alone, both = Found(), Found()
    for part in nightly._parts(range(40), False, ("linf",), 1, None):
        alone.add(part)
    for part in nightly._parts(range(40), False, ("linf",), 2, None):
        both.add(part)
    assert alone.counts == both.counts and not alone.wrong and not both.wrong
