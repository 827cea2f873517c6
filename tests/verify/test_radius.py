"""The bracket of the robust radius holds the exact one, and both of its ends are certified."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import verify
from constructions import AffineMap, InexactInput, LabelledPoints, NormBall, ReluNetwork
from constructions.errors import MalformedInput, UsageError
from verify.certificate import checker
from verify.radius import RobustRadius, refutation, robust_radius
from verify.testing.exact_distance import nearest_wrong
from verify.testing.exhaustive import critical_radius

LIMIT = Fraction(4)
TENT = ReluNetwork(
    [AffineMap([[1, 0], [-1, 0], [0, 1], [0, -1]], [0, 0, 0, 0]), AffineMap([[-1, -1, -1, -1]], [1])]
)  # 1 - |x|_1


def _number(stream: random.Random, size: int = 6) -> Fraction:
    return Fraction(stream.randint(-size, size), stream.choice((1, 2, 4, 3, 5)))


def _case(stream: random.Random, norm: str) -> tuple[ReluNetwork, LabelledPoints]:
    """Return a tiny network and a point, mostly of the right label, now and then with three outputs."""
    dim, outputs = stream.randint(1, 3 if norm != "l2" else 2), stream.choice((1, 1, 1, 3))
    hidden = [stream.randint(2, 5), *([stream.randint(1, 3)] if stream.random() < 0.4 else [])]
    widths = [dim, *hidden, outputs]
    network = ReluNetwork(
        AffineMap([[_number(stream) for _ in range(a)] for _ in range(b)], [_number(stream) for _ in range(b)])
        for a, b in pairwise(widths)
    )
    point = [_number(stream, 3) for _ in range(dim)]
    values = network(point)
    label = max(range(outputs), key=values.__getitem__) if outputs > 1 else 1 if values[0] > 0 else -1
    if stream.random() < 0.08:
        label = (label + 1) % 3 if outputs > 1 else -label
    return network, LabelledPoints.of([point], [label])


def _bracket(network: ReluNetwork, data: LabelledPoints, norm: str, **options: Any) -> RobustRadius:
    (entry,) = robust_radius(network, data, norm, **options)
    return entry


def _is_wrong(network: ReluNetwork, label: int, point: Any) -> bool:
    values = network(point)
    if len(values) == 1:
        return label * values[0] <= 0
    return any(values[label] <= value for k, value in enumerate(values) if k != label)


def _is_consistent(network: ReluNetwork, data: LabelledPoints, norm: str, entry: RobustRadius) -> None:
    """Assert what every bracket promises, whatever the truth is."""
    if entry.upper is None:
        assert entry.witness is None and entry.gap is None
    else:
        assert entry.witness is not None and not entry.is_largest
        assert NormBall(norm, entry.upper).contains(data.point(0), entry.witness)
        assert _is_wrong(network, data.labels[0], entry.witness)
    if entry.lower is not None:
        assert entry.proof is not None and entry.proof.status == ("robust",)
        assert entry.proof.ball == NormBall(norm, entry.lower)
        assert entry.upper is None or entry.lower < entry.upper


# The truth -------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["linf", "l1"])
def test_the_bracket_holds_the_exact_critical_radius(norm: str) -> None:
    stream, narrow, beyond, wrong = random.Random(f"radius {norm}"), 0, 0, 0
    for _ in range(60):
        network, data = _case(stream, norm)
        truth = critical_radius(network, data.labels[0], data.point(0), norm, LIMIT)
        entry = _bracket(network, data, norm, largest=LIMIT, precision="1/4096")
        _is_consistent(network, data, norm, entry)
        if truth is None:
            beyond += 1
            assert entry.upper is None and entry.lower == LIMIT and entry.is_largest
        elif truth == 0:
            wrong += 1
            assert entry.upper == 0 and entry.lower is None
        else:
            narrow += 1
            assert entry.lower is not None and entry.upper is not None and entry.gap is not None
            assert entry.lower < truth <= entry.upper
            assert entry.gap <= entry.upper / 4096
    assert narrow >= 25 and beyond >= 3 and wrong >= 1


@pytest.mark.parametrize("norm", ["linf", "l1"])
def test_the_upper_end_is_usually_the_critical_radius_itself(norm: str) -> None:
    stream, exact, seen = random.Random(f"exact {norm}"), 0, 0
    for _ in range(25):
        network, data = _case(stream, norm)
        truth = critical_radius(network, data.labels[0], data.point(0), norm, LIMIT)
        if truth:
            seen += 1
            exact += _bracket(network, data, norm, largest=LIMIT, precision=Fraction(1, 2**40)).upper == truth
    assert seen >= 12 and exact == seen


def test_in_l2_the_bracket_holds_the_root_of_the_exact_square() -> None:
    stream, narrow = random.Random("radius l2"), 0
    for _ in range(30):
        network, data = _case(stream, "l2")
        entry = _bracket(network, data, "l2", largest=LIMIT)
        _is_consistent(network, data, "l2", entry)
        nearest = nearest_wrong(network, data.labels[0], data.point(0), LIMIT)
        if nearest is None or nearest.square > LIMIT**2:
            assert entry.lower == LIMIT and entry.upper is None
            continue
        assert entry.upper is not None and nearest.square <= entry.upper**2
        if nearest.square:
            narrow += 1
            assert entry.lower is not None and entry.lower**2 < nearest.square
            assert entry.upper - entry.lower <= entry.upper / 1024
    assert narrow >= 15


def test_in_l2_no_sampled_point_of_the_lower_ball_is_wrong() -> None:
    stream, tried = random.Random("samples"), 0
    for _ in range(12):
        network, data = _case(stream, "l2")
        entry = _bracket(network, data, "l2", largest=LIMIT)
        if entry.lower:
            ball = NormBall("l2", entry.lower)
            for _ in range(60):
                shares = [Fraction(stream.randint(-100, 100), 100) for _ in range(data.dim)]
                point = [c + entry.lower * share for c, share in zip(data.point(0), shares, strict=True)]
                if ball.contains(data.point(0), point):
                    tried += 1
                    assert not _is_wrong(network, data.labels[0], point)
    assert tried >= 200


def test_a_root_that_is_no_fraction_is_bracketed_from_outside() -> None:
    entry = _bracket(TENT, LabelledPoints.of([[0, 0]], [1]), "l2", precision=Fraction(1, 2**60))
    assert entry.lower is not None and entry.upper is not None
    assert entry.lower**2 < Fraction(1, 2) < entry.upper**2
    assert entry.upper - entry.lower <= entry.upper / 2**60


# Defined results at the edges ------------------------------------------------------------


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_a_wrong_centre_has_radius_zero(norm: str) -> None:
    for point, label in (([2, 0], 1), ([0, 0], -1), ([1, 0], 1), ([1, 0], -1)):
        entry = _bracket(TENT, LabelledPoints.of([point], [label]), norm)
        assert entry.lower is None and entry.upper == 0 and entry.gap is None
        assert entry.witness == tuple(map(Fraction, point)) and entry.proof is None


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_a_constant_network_is_robust_at_the_largest_radius(norm: str) -> None:
    constant = ReluNetwork([AffineMap([[0, 0]], [3])])
    data = LabelledPoints.of([["1/2", 7]], [1])
    entry = _bracket(constant, data, norm)
    assert entry.is_largest and entry.lower == 64 * 7 and entry.upper is None and entry.witness is None
    assert _bracket(constant, data, norm, largest="5/3").lower == Fraction(5, 3)


def test_the_largest_radius_itself_is_decided() -> None:
    data = LabelledPoints.of([[0, 0]], [1])
    touched = _bracket(TENT, data, "linf", largest="1/2")
    assert touched.upper == Fraction(1, 2) and not touched.is_largest
    just_below = Fraction(1, 2) - Fraction(1, 2**50)
    below = _bracket(TENT, data, "linf", largest=just_below)
    assert below.is_largest and below.lower == just_below and below.upper is None


def test_radii_far_from_one_are_found() -> None:
    for scale in (Fraction(2**40), Fraction(1, 2**40), Fraction(10**9, 7)):
        tent = ReluNetwork([AffineMap([[1 / scale], [-1 / scale]], [0, 0]), AffineMap([[-1, -1]], [1])])
        entry = _bracket(tent, LabelledPoints.of([[0]], [1]), "linf", largest=4 * scale)
        assert entry.upper == scale and entry.lower is not None and entry.lower >= scale * Fraction(1023, 1024)


def test_a_domain_keeps_the_attacker_away() -> None:
    data = LabelledPoints.of([[0, 0]], [1])
    half = ([Fraction(-2), Fraction(0)], [Fraction(2), Fraction(0)])
    free, held = _bracket(TENT, data, "linf"), _bracket(TENT, data, "linf", domain=half)
    assert free.upper == Fraction(1, 2) and held.upper == 1
    assert held.witness is not None and held.witness[1] == 0 and abs(held.witness[0]) == 1
    inner = ([Fraction(-1, 4)] * 2, [Fraction(1, 4)] * 2)
    assert _bracket(TENT, data, "linf", domain=inner).is_largest


def test_time_that_is_up_leaves_a_true_bracket() -> None:
    entry = _bracket(TENT, LabelledPoints.of([[0, 0]], [1]), "linf", seconds=1e-9)
    assert entry.upper is None and entry.lower in (None, 0) and not entry.is_largest


def test_several_points_are_bracketed_one_by_one() -> None:
    data = LabelledPoints.of([[0, 0], ["1/2", 0], [3, 0]], [1, 1, -1])
    told: list[tuple[str, int, int]] = []
    found = robust_radius(TENT, data, "linf", progress=lambda *step: told.append(step))
    assert [entry.upper for entry in found] == [Fraction(1, 2), Fraction(1, 4), 2]
    assert told == [("radius", 1, 3), ("radius", 2, 3), ("radius", 3, 3)]
    again = verify.robust_radius(TENT, data, "linf")
    assert [(entry.lower, entry.upper) for entry in found] == [(entry.lower, entry.upper) for entry in again]


# Certificates ----------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_both_ends_are_certified(norm: str, tmp_path: Path) -> None:
    stream, seen = random.Random(f"ends {norm}"), 0
    for place in range(8):
        network, data = _case(stream, norm)
        entry = _bracket(network, data, norm, largest=LIMIT)
        path = tmp_path / f"robust-{place}.json"
        if entry.proof is not None:
            seen += 1
            sentence = checker.check(entry.proof.certificate(path))
            assert "is exactly 0 " in sentence and f"{norm} radius {entry.lower}," in sentence
        wrong = refutation(network, data, 0, norm, entry)
        assert (wrong is None) == (entry.upper is None)
        if wrong is not None:
            seen += 1
            sentence = checker.check(wrong.certificate(tmp_path / f"wrong-{place}.json"))
            assert "is exactly 1 " in sentence and f"{norm} radius {entry.upper}," in sentence
    assert seen >= 10


def test_a_certificate_of_one_end_does_not_prove_the_other(tmp_path: Path) -> None:
    entry = _bracket(TENT, LabelledPoints.of([[0, 0]], [1]), "l2")
    assert entry.proof is not None
    path = entry.proof.certificate(tmp_path / "robust.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    document["statement"]["radius"] = str(entry.upper)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(MalformedInput, match="rejected"):
        verify.recheck(path)


# Bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", ["0", "1", "-1/2", "3/2"])
def test_a_precision_outside_0_and_1_is_refused(precision: str) -> None:
    with pytest.raises(UsageError, match=f"got {precision}"):
        _bracket(TENT, LabelledPoints.of([[0, 0]], [1]), "linf", precision=precision)


def test_other_bad_input_is_refused_by_name() -> None:
    data = LabelledPoints.of([[0, 0]], [1])
    with pytest.raises(InexactInput, match=r"0\.1"):
        _bracket(TENT, data, "linf", precision=0.1)
    with pytest.raises(InexactInput, match=r"0\.5"):
        _bracket(TENT, data, "linf", largest=0.5)
    with pytest.raises(UsageError, match="must be positive, got 0"):
        _bracket(TENT, data, "linf", largest=0)
    with pytest.raises(UsageError, match="l3"):
        _bracket(TENT, data, "l3")
    with pytest.raises(UsageError, match="takes 2 coordinates, the points have 1"):
        _bracket(TENT, LabelledPoints.of([[0]], [1]), "linf")
    with pytest.raises(UsageError, match="label 3"):
        _bracket(TENT, LabelledPoints.of([[0, 0]], [3]), "linf")
    with pytest.raises(UsageError, match="domain is empty"):
        _bracket(TENT, data, "linf", domain=([1, 1], [0, 0]))
