"""The same bound computed twice: compiled loops and matrices, int64 and big integers, two checkers."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import verify
from constructions import NormBall, ReluNetwork
from constructions.network.affine_products import multiplied
from verify.certificate import checker, compiled_checker
from verify.methods.ball_program import BallProgram, Domain, ball_program, margin_network
from verify.methods.interval_bounds import interval_margins, paired_margins
from verify.testing.exhaustive import smallest_margin
from verify.testing.tiny_networks import TinyCase, draw_case

BOXES = ("linf", "l1")
SEEDS = range(120)


@cache
def _case(seed: int, norms: tuple[str, ...] = ("linf", "l1", "l2")) -> TinyCase:
    return draw_case(random.Random(seed), norms)


def _program(case: TinyCase, label: int, network: ReluNetwork | None = None) -> tuple[BallProgram, np.ndarray]:
    points = case.data.numerators[case.data.indices(label)]
    domain = None if case.domain is None else Domain(*case.domain)
    margins = margin_network(network or case.network, label)
    return ball_program(margins, points, case.data.scale, NormBall(case.norm, case.radius), domain), points


def _has_empty_ball(case: TinyCase) -> bool:
    if case.domain is None:
        return False
    sides = list(zip(*case.domain, strict=True))
    return any(
        x + case.radius < low or x - case.radius > high
        for point in case.data.points
        for x, (low, high) in zip(point, sides, strict=True)
    )


def test_compiled_loops_and_matrices_give_the_same_interval_bound() -> None:
    compared = dict.fromkeys(("linf", "l1", "l2"), 0)
    for seed in SEEDS:
        case = _case(seed)
        for label in case.data.classes:
            program, points = _program(case, label)
            if len(program.weights) == 1 or not program.fits_int64 or _has_empty_ball(case):
                continue
            assert interval_margins(program, points) == paired_margins(program, points, pairing=False), seed
            compared[case.norm] += len(points)
    assert min(compared.values()) >= 15, compared


def test_pairing_never_loosens_the_bound_of_an_interval() -> None:
    tighter = 0
    for seed in SEEDS:
        case = _case(seed)
        for label in case.data.classes:
            program, points = _program(case, label)
            plain, paired = (paired_margins(program, points, pairing=on) for on in (False, True))
            for below, above in zip(plain, paired, strict=True):
                assert below is not None and above is not None and above >= below, seed
                tighter += above > below
    assert tighter >= 10


def test_no_bound_exceeds_the_exact_minimum() -> None:
    tight = 0
    for seed in SEEDS:
        case = _case(seed, BOXES)
        for label in case.data.classes:
            program, points = _program(case, label)
            for index, bound in zip(case.data.indices(label), paired_margins(program, points), strict=True):
                ball = NormBall(case.norm, case.radius)
                found = smallest_margin(case.network, label, case.data.point(int(index)), ball, case.domain)
                assert bound is not None
                if found is not None:
                    assert Fraction(bound, program.scales[-1]) <= found.margin, seed
                    tight += Fraction(bound, program.scales[-1]) == found.margin
    assert tight >= 60


@pytest.mark.parametrize("pairing", [False, True])
def test_big_integers_give_the_bound_of_int64_times_the_factor(pairing: bool) -> None:
    compared = 0
    for seed in SEEDS:
        case = _case(seed, BOXES)
        *hidden, last = case.network.maps
        big = ReluNetwork([*hidden, multiplied(last, 2**200)])
        for label in case.data.classes:
            small_program, points = _program(case, label)
            big_program, _ = _program(case, label, big)
            if not small_program.fits_int64:
                continue
            left = paired_margins(small_program, points, pairing=pairing)
            right = paired_margins(big_program, points, pairing=pairing)
            assert not big_program.fits_int64 or not any(right)
            assert [Fraction(v or 0, small_program.scales[-1]) * 2**200 for v in left] == [
                Fraction(v or 0, big_program.scales[-1]) for v in right
            ], seed
            compared += len(points)
    assert compared >= 80


def test_a_program_said_to_be_too_large_is_bounded_alike_in_big_integers() -> None:
    compared = 0
    for seed in SEEDS:
        case = _case(seed)
        for label in case.data.classes:
            program, points = _program(case, label)
            if len(program.weights) == 1 or not program.fits_int64 or _has_empty_ball(case):
                continue
            large = replace(program, largest=2**70)
            assert interval_margins(large, points) == interval_margins(program, points), seed
            assert interval_margins(program, points.astype(object)) == interval_margins(program, points), seed
            compared += len(points)
    assert compared >= 60


def test_deadlines_leave_balls_open_and_never_guess() -> None:
    case = next(case for seed in SEEDS if (case := _case(seed)).network.size.depth == 3)
    program, points = _program(case, case.data.classes[0])
    assert interval_margins(program, points, deadline=0.0) == [None] * len(points)
    assert paired_margins(program, points, deadline=0.0) == [None] * len(points)


@pytest.mark.parametrize("method", ["interval", "paired"])
def test_the_compiled_checker_proves_what_the_plain_checker_proves(method: str, tmp_path: Path) -> None:
    proved = 0
    for seed in range(100):
        case = _case(seed)
        result = verify.robust_error(
            case.network, case.data, norm=case.norm, radius=case.radius, domain=case.domain, method=method
        )
        if result.count("robust") == 0:
            continue
        certificate = checker.Certificate(result.certificate(tmp_path / "certificate.json", hints=False))
        for group in certificate.groups:
            expected = checker.prove_group(certificate, group)
            assert compiled_checker.prove_group(certificate, group) == expected, seed
            proved += 1
    assert proved >= 40


def test_both_checkers_refuse_the_same_points() -> None:
    refused = 0
    for seed in range(100):
        case = _case(seed, BOXES)
        if case.domain is not None or case.network.outputs > 1:
            continue
        certificate = _Claim(case)
        for rule in ("interval", "paired"):
            for label in case.data.classes:
                group = {"rule": rule, "label": label, "indices": case.data.indices(label).tolist(), "hints": None}
                answers = [
                    _answer(prove, certificate, group) for prove in (checker.prove_group, compiled_checker.prove_group)
                ]
                assert answers[0] == answers[1], (seed, rule)
                refused += answers[0] == "rejected"
    assert refused >= 20


class _Claim:
    """What a prover reads of a certificate, claiming nothing in particular."""

    def __init__(self, case: TinyCase) -> None:
        from constructions.network.network_json import network_document

        self.layers, _ = checker.read_network(network_document(case.network))
        self.statement = {"norm": case.norm, "radius": case.radius, "domain": None}
        document = {"scale": case.data.scale, "labels": list(case.data.labels)}
        rows = [[int(value) for value in row] for row in case.data.numerators]
        self.data = checker.Data({**document, "points": rows}, Path(), len(case.data), case.data.dim)


def _answer(prove: object, certificate: object, group: dict[str, object]) -> object:
    try:
        return prove(certificate, group)  # type: ignore[operator]
    except checker.Rejected:
        return "rejected"
