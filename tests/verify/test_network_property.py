"""Unsafe sets of tiny networks: decided as enumeration decides them, witnesses exact, equality seen."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

import verify
from constructions import AffineMap, NormBall, ReluNetwork
from constructions.errors import UsageError
from constructions.network.maximum import largest_output
from verify.network_property import CaseAnswer, decide_property
from verify.properties.cases import Case, Constraint, Property
from verify.properties.vnnlib import parse_vnnlib
from verify.testing.exhaustive import smallest_margin

F = Fraction
IDENTITY = ReluNetwork([AffineMap([[1, 0], [0, 1]], [0, 0])])
HEAD = "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)(declare-const Y_1 Real)\n"
UNIT = "(assert (>= X_0 0))(assert (<= X_0 1))(assert (>= X_1 0))(assert (<= X_1 1))\n"


def _number(stream: random.Random, size: int = 6) -> Fraction:
    return Fraction(stream.randint(-size, size), stream.choice((1, 2, 4, 3, 5)))


def _network(stream: random.Random, dim: int, outputs: int) -> ReluNetwork:
    widths = [dim, stream.randint(2, 5), *([stream.randint(1, 3)] if stream.random() < 0.4 else []), outputs]
    return ReluNetwork(
        AffineMap([[_number(stream) for _ in range(a)] for _ in range(b)], [_number(stream) for _ in range(b)])
        for a, b in pairwise(widths)
    )


def _box(stream: random.Random, dim: int) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Return corners of a box; some sides have length 0."""
    ends = [sorted((_number(stream, 4), _number(stream, 4))) for _ in range(dim)]
    ends = [[low, low] if stream.random() < 0.1 else [low, high] for low, high in ends]
    return tuple(low for low, _ in ends), tuple(high for _, high in ends)


def _constraint(stream: random.Random, outputs: int, bound: Fraction, strict: bool = False) -> Constraint:
    places = sorted(stream.sample(range(outputs), stream.randint(1, outputs)))
    return Constraint(tuple((place, F(stream.choice((-2, -1, 1, 1, 3)))) for place in places), bound, strict)


def _case(stream: random.Random, network: ReluNetwork) -> Case:
    count = stream.choice((1, 1, 2, 3))
    constraints = tuple(_constraint(stream, network.outputs, _number(stream, 9)) for _ in range(count))
    return Case(*_box(stream, network.dim), constraints)


def _smallest(network: ReluNetwork, case: Case) -> Fraction:
    """Return the smallest value, on the box, of the largest left side less its bound."""
    judge = largest_output(case.network(network))
    middle = [(low + high) / 2 for low, high in zip(case.lower, case.upper, strict=True)]
    radius = max(high - low for low, high in zip(case.lower, case.upper, strict=True))
    found = smallest_margin(judge, 1, middle, NormBall("linf", radius), (case.lower, case.upper))
    assert found is not None, "a box is not empty"
    return found.margin


def _decided(network: ReluNetwork, *cases: Case) -> list[CaseAnswer]:
    return decide_property(network, Property(network.dim, network.outputs, cases))


def _is_right(network: ReluNetwork, case: Case, answer: CaseAnswer) -> None:
    if answer.status == "violated":
        assert answer.witness is not None and case.is_reached_at(network, answer.witness)
    else:
        assert answer.witness is None
    if answer.status == "holds":
        assert answer.result is not None and answer.result.status == ("robust",)


# The truth -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_cases_are_decided_as_enumeration_decides_them(seed: int) -> None:
    stream, counts = random.Random(seed), {"holds": 0, "violated": 0}
    for _ in range(40):
        network = _network(stream, stream.randint(1, 3), stream.randint(1, 3))
        case = _case(stream, network)
        (answer,) = _decided(network, case)
        _is_right(network, case, answer)
        assert answer.status == ("violated" if _smallest(network, case) <= 0 else "holds"), case
        counts[answer.status] += 1
    assert min(counts.values()) >= 8


def test_conditions_that_are_just_met_or_just_missed() -> None:
    stream, seen = random.Random(9), 0
    for _ in range(30):
        network = _network(stream, 2, 1)
        box = _box(stream, 2)
        least = _smallest(network, Case(*box, (Constraint(((0, F(1)),), F(0)),)))
        for offset, status in ((F(0), "violated"), (F(1, 2**60), "violated"), (F(-1, 2**60), "holds")):
            case = Case(*box, (Constraint(((0, F(1)),), least + offset),))
            (answer,) = _decided(network, case)
            _is_right(network, case, answer)
            assert answer.status == status, (case, offset)
            seen += 1
    assert seen == 90


def test_all_conditions_must_be_met_at_one_point() -> None:
    zigzag = ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[1, 0], [0, 1]], [0, 0])])  # relu(x), relu(-x)
    apart = tuple(Constraint(((place, F(-1)),), F(-1, 4)) for place in (0, 1))  # both at least 1/4
    assert [a.status for a in _decided(zigzag, Case((F(-1),), (F(1),), apart))] == ["holds"]
    for alone in apart:
        assert [a.status for a in _decided(zigzag, Case((F(-1),), (F(1),), (alone,)))] == ["violated"]


@pytest.mark.parametrize("seed", range(2))
def test_a_union_of_cases_is_reached_if_one_is(seed: int) -> None:
    stream, counts = random.Random(f"union {seed}"), {"holds": 0, "violated": 0}
    for _ in range(20):
        network = _network(stream, 2, 2)
        cases = [_case(stream, network) for _ in range(stream.randint(2, 4))]
        answers = _decided(network, *cases)
        assert len(answers) == len(cases)
        for case, answer in zip(cases, answers, strict=True):
            _is_right(network, case, answer)
        reached = [_smallest(network, case) <= 0 for case in cases]
        statuses = [answer.status for answer in answers]
        if any(reached):
            counts["violated"] += 1
            first = reached.index(True)
            assert statuses == ["holds"] * first + ["violated"] + ["unknown"] * (len(cases) - first - 1)
        else:
            counts["holds"] += 1
            assert statuses == ["holds"] * len(cases)
    assert min(counts.values()) >= 2


def test_the_same_set_as_text_gives_the_same_answers() -> None:
    either = "(assert (or (and (<= Y_0 -1)) (and (<= Y_0 1/2) (>= Y_1 2)) (and (<= Y_0 1/4) (>= Y_1 3/4))))"
    answers = decide_property(IDENTITY, parse_vnnlib(HEAD + UNIT + either))
    assert [answer.status for answer in answers] == ["holds", "holds", "violated"]
    assert answers[2].witness is not None and answers[2].witness[0] <= F(1, 4) and answers[2].witness[1] >= F(3, 4)


# Strict conditions -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("(<= Y_0 0)", "violated"),
        ("(< Y_0 1/8)", "violated"),
        ("(< Y_0 -1/8)", "holds"),
        ("(and (< Y_0 1/8) (< Y_1 1/8))", "violated"),
        ("(and (< Y_0 1/8) (<= Y_1 0))", "violated"),
        ("(and (< (+ Y_0 Y_1) 1/8) (> Y_0 1/4))", "holds"),
    ],
)
def test_strict_conditions_away_from_equality(condition: str, status: str) -> None:
    (answer,) = decide_property(IDENTITY, parse_vnnlib(HEAD + UNIT + f"(assert {condition})"))
    assert answer.status == status


@pytest.mark.parametrize("condition", ["(< Y_0 0)", "(> Y_0 1)", "(and (<= Y_0 1/2) (> Y_0 1/2))"])
def test_a_strict_condition_met_only_with_equality_is_never_called_reached(condition: str) -> None:
    (answer,) = decide_property(IDENTITY, parse_vnnlib(HEAD + UNIT + f"(assert {condition})"))
    assert answer.status in ("holds", "unknown") and answer.witness is None


def test_strict_conditions_are_never_decided_wrongly() -> None:
    stream, seen = random.Random(17), 0
    for _ in range(30):
        network = _network(stream, 2, 2)
        box = _box(stream, 2)
        loose = _constraint(stream, 2, _number(stream, 9))
        least = _smallest(network, Case(*box, (loose,))) + loose.bound
        for bound in (least, least + F(1, 2**50), _number(stream, 9)):
            case = Case(*box, (Constraint(loose.coefficients, bound, True),))
            (answer,) = _decided(network, case)
            _is_right(network, case, answer)
            seen += answer.status != "unknown"
            assert answer.status in ("unknown", "violated" if least < bound else "holds")
    assert seen >= 40


# Edges -----------------------------------------------------------------------------------


def test_a_case_without_conditions_is_reached() -> None:
    (answer,) = _decided(IDENTITY, Case((F(0), F(0)), (F(1), F(3)), ()))
    assert answer.status == "violated" and answer.witness == (F(1, 2), F(3, 2))


def test_a_property_without_cases_has_no_answers() -> None:
    assert _decided(IDENTITY) == []


def test_a_box_that_is_one_point() -> None:
    place = (F(1, 3), F(2, 3))
    for bound, status in ((F(1, 3), "violated"), (F(1, 4), "holds")):
        (answer,) = _decided(IDENTITY, Case(place, place, (Constraint(((0, F(1)),), bound),)))
        assert answer.status == status


def test_sides_of_very_different_length() -> None:
    lower, upper = (F(-(10**9)), F(0)), (F(10**9), F(1, 10**9))
    inside = Constraint(((1, F(-1)),), F(-1, 10**9))  # y_1 at least 10^-9: only on the upper face
    beyond = Constraint(((1, F(-1)),), F(-2, 10**9))
    statuses = [_decided(IDENTITY, Case(lower, upper, (c,)))[0].status for c in (inside, beyond)]
    assert statuses == ["violated", "holds"]


def test_no_time_is_unknown_and_other_dimensions_are_refused() -> None:
    case = parse_vnnlib(HEAD + UNIT + "(assert (<= (+ Y_0 Y_1) -1/8))")
    assert [a.status for a in decide_property(IDENTITY, case, seconds=0)] == ["unknown"]
    assert [a.status for a in decide_property(IDENTITY, case)] == ["holds"]
    with pytest.raises(UsageError, match="does not fit a network of 1 inputs"):
        decide_property(ReluNetwork([AffineMap([[1], [1]], [0, 0])]), case)


def test_what_holds_has_a_certificate(tmp_path: Path) -> None:
    network = ReluNetwork([AffineMap([[1, -1], [1, 1]], [0, -1]), AffineMap([[1, 1], [1, -2]], [0, 0])])
    unsafe = parse_vnnlib(HEAD + UNIT + "(assert (and (>= Y_0 1) (<= Y_1 -17/8)))")
    (answer,) = verify.decide_property(network, unsafe)
    assert answer.status == "holds" and answer.result is not None
    assert "is exactly 0 on 1 points" in verify.recheck(answer.result.certificate(tmp_path / "holds.json"))
