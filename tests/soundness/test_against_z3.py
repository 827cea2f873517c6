"""No verdict is wrong on random tiny networks: two independent truths against ours."""

from __future__ import annotations

import importlib.util
import json
import random
from collections import Counter
from fractions import Fraction
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest

from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from constructions.data.norm_ball import Point
from verify.testing import tiny_networks
from verify.testing.exhaustive import critical_radius, smallest_margin
from verify.testing.tiny_networks import TinyCase, draw_case

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "nightly_soundness.py"
CHUNK = 50


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("nightly_soundness", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


nightly = _script()


@pytest.mark.parametrize("chunk", range(11))
def test_boxes_and_l1_balls_are_decided_as_z3_and_enumeration_decide_them(chunk: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(CHUNK * chunk, CHUNK * (chunk + 1)):
        case = draw_case(random.Random(seed))
        assert nightly.judge(case, counts) == [], json.dumps({"seed": seed, **case.to_json()})
    assert counts["balls"] >= CHUNK
    assert counts["robust"] + counts["violated"] >= 0.85 * counts["balls"]
    assert counts["robust"] >= 10 and counts["violated"] >= 5
    assert counts["enumerated"] == counts["balls"] and counts["z3 answers"] >= 0.75 * counts["balls"]


def test_l2_balls_are_decided_as_z3_decides_them() -> None:
    counts: Counter[str] = Counter()
    for seed in range(1000, 1080):
        case = draw_case(random.Random(seed), norms=["l2"])
        if case.network.size.units <= 8 and case.network.dim <= 2:
            assert nightly.judge(case, counts) == [], json.dumps({"seed": seed, **case.to_json()})
    assert counts["robust"] >= 10 and counts["violated"] >= 5
    assert counts["z3 answers"] >= 0.5 * counts["balls"] >= 20


def test_cases_are_tiny_and_every_kind_is_drawn() -> None:
    drawn = [draw_case(random.Random(seed)) for seed in range(150)]
    assert min(Counter(case.kind for case in drawn)[kind] for kind in tiny_networks._KINDS) >= 5
    assert all(case.network.dim <= 4 and case.network.size.units <= 18 for case in drawn)
    assert {case.network.size.depth for case in drawn} >= {1, 2, 3, 4}


def test_equal_seeds_draw_equal_cases() -> None:
    assert [draw_case(random.Random(7)).to_json() for _ in range(2)] == [draw_case(random.Random(7)).to_json()] * 2


def test_a_maximum_tree_is_the_distance_in_linf() -> None:
    for seed, dim in product(range(5), (1, 2, 3)):
        layers = tiny_networks._maximum_tree(random.Random(seed), dim, "linf")
        network = ReluNetwork(AffineMap(weight, bias) for weight, bias in layers)
        centre = [-value for value in layers[0][1][::2]]
        height = layers[-1][1][0]
        for point in product((Fraction(-1), Fraction(2, 3), Fraction(5)), repeat=dim):
            distance = max(abs(x - c) for x, c in zip(point, centre, strict=True))
            assert network(point) == (height - distance,)


def _hat() -> ReluNetwork:
    """``1/2 - |x - 1/3|`` with one output."""
    third = Fraction(1, 3)
    return ReluNetwork([AffineMap([[1], [-1]], [-third, third]), AffineMap([[-1, -1]], [Fraction(1, 2)])])


@pytest.mark.parametrize(
    ("radius", "margin", "point"), [("1/6", "1/3", "1/6"), ("1/3", "1/6", "0"), (0, "1/2", "1/3"), (1, "-1/2", "-2/3")]
)
def test_enumeration_finds_the_minimum_of_a_hat(radius: object, margin: str, point: str) -> None:
    found = smallest_margin(_hat(), 1, ["1/3"], NormBall("linf", radius))
    assert found is not None and str(found.margin) == margin
    assert found.point in {(Fraction(point),), (Fraction(2, 3) - Fraction(point),)}


def test_enumeration_finds_a_minimum_inside_the_ball_and_within_the_domain() -> None:
    assert smallest_margin(_hat(), -1, [0], NormBall("l1", 1)).margin == Fraction(-1, 2)  # type: ignore[union-attr]
    assert smallest_margin(_hat(), -1, [0], NormBall("l1", 1), (["1/2"], [1])).margin == Fraction(-1, 3)  # type: ignore[union-attr]
    assert smallest_margin(_hat(), -1, [0], NormBall("l1", 1), ([2], [3])) is None


def test_the_critical_radius_of_a_distance_is_its_height() -> None:
    for dim, norm in product((1, 2, 3), ("linf", "l1")):
        faces = [[s * (j == k) for k in range(dim)] for j in range(dim) for s in (1, -1)]
        cone = ReluNetwork([AffineMap(faces, [0] * (2 * dim)), AffineMap([[-1] * (2 * dim)], ["5/7"])])
        expected = Fraction(5, 7) if norm == "l1" else Fraction(5, 7 * dim)
        assert critical_radius(cone, 1, [0] * dim, norm, 2) == expected
        assert critical_radius(cone, 1, [0] * dim, norm, expected) == expected
        assert critical_radius(cone, 1, [0] * dim, norm, expected - Fraction(1, 2**40)) is None
        assert critical_radius(cone, -1, [0] * dim, norm, 2) == 0


def test_enumeration_agrees_with_a_fine_lattice() -> None:
    for seed in range(40):
        case = draw_case(random.Random(seed))
        if case.network.dim > 2:
            continue
        ball, label, centre = NormBall(case.norm, case.radius), case.data.labels[0], case.data.point(0)
        found = smallest_margin(case.network, label, centre, ball)
        assert found is not None and ball.contains(centre, found.point)
        assert min(nightly.plain_margins(case, 0, list(found.point))) == found.margin
        assert all(found.margin <= min(nightly.plain_margins(case, 0, list(p))) for p in _lattice(centre, ball))


def _lattice(centre: Point, ball: NormBall) -> list[Point]:
    steps = [ball.radius * Fraction(k, 6) for k in range(-6, 7)]
    moves = product(steps, repeat=len(centre))
    points = [tuple(c + step for c, step in zip(centre, move, strict=True)) for move in moves]
    return [point for point in points if ball.contains(centre, point)]


def _one_point(network: ReluNetwork, label: int, radius: str) -> TinyCase:
    return TinyCase("by hand", network, LabelledPoints.of([["1/3"]], [label]), "linf", Fraction(radius), None)


@pytest.mark.parametrize(("label", "radius"), [(1, "1/2"), (-1, "1/8")])
def test_the_judge_notices_a_wrong_verdict(label: int, radius: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = _one_point(_hat(), label, radius)
    assert nightly.judge(case, Counter()) == []
    harmless = nightly.verify.robust_error(_hat(), LabelledPoints.of([["1/3"]], [1]), radius="1/8")
    assert harmless.status == ("robust",)
    monkeypatch.setattr(nightly.verify, "robust_error", lambda *_, **__: harmless)
    counts: Counter[str] = Counter()
    assert any("called robust, but it is not" in problem for problem in nightly.judge(case, counts))
    assert counts["disagreements"] >= 1


def test_the_judge_notices_a_witness_that_is_no_witness(monkeypatch: pytest.MonkeyPatch) -> None:
    far = nightly.verify.robust_error(_hat(), LabelledPoints.of([["1/3"]], [1]), radius=2)
    assert far.status == ("violated",)
    monkeypatch.setattr(nightly.verify, "robust_error", lambda *_, **__: far)
    problems = nightly.judge(_one_point(_hat(), 1, "1/8"), Counter())
    assert any("outside the ball" in problem for problem in problems)
    assert any("called violated, but it is not" in problem for problem in problems)


def test_the_script_reports_and_stores_a_disagreement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "judge", _blame)
    assert nightly.main(["--cases", "1", "--seed", "5", "-o", str(tmp_path)]) == 1
    stored = json.loads((tmp_path / "soundness-5.json").read_text())
    assert stored["problem"] == "planted" and stored["seed"] == 5
    assert stored["maps"] == draw_case(random.Random(5), ["linf", "l1", "l2"]).to_json()["maps"]


def _blame(case: TinyCase, counts: Counter[str]) -> list[str]:
    counts["balls"] += len(case.data)
    counts["disagreements"] += 1
    return ["planted"]


def test_the_script_ends_well_without_a_disagreement(capsys: pytest.CaptureFixture[str]) -> None:
    assert nightly.main(["--cases", "10", "--seed", "3", "--norms", "linf"]) == 0
    assert "disagreements 0" in capsys.readouterr().out
