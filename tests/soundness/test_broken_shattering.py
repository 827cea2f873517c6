"""Every broken twin of shattered points, first layers and half-spaces is refuted; witnesses are checked."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from constructions import NormBall
from constructions.exact.norms import length
from constructions.hard_distributions.shattered_balls import ShatteredBalls
from constructions.hard_distributions.unit_vectors import origin_against_unit_vectors
from verify.testing import broken_shattering
from verify.testing.broken_inputs import INPUT_TWINS
from verify.testing.broken_shattering import SHATTERING_TWINS, Groups, ShatteringTwin, TwoPoints, UnitVectors
from verify.theorems.registry import find_theorem

CARDS = ("memorization-size-bound-linf", "memorization-size-bound-l2")


def of(twins: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("twin", [pytest.param(twin, id=twin.name) for twin in twins])


def claiming(*claims: str) -> pytest.MarkDecorator:
    return of([twin for twin in SHATTERING_TWINS if twin.claim in claims])


def measure(first: list[int], second: list[int], norm: str) -> Fraction:
    return length([Fraction(x - y) for x, y in zip(first, second, strict=True)], norm)


def witness_of(twin: ShatteringTwin) -> dict[str, Any]:
    witness = twin.judge(twin.builder).witness
    assert witness is not None
    return witness


def group_of(twin: ShatteringTwin) -> tuple[Groups, ShatteredBalls]:
    assert isinstance(twin.instance, ShatteredBalls)
    return twin.builder(twin.instance), twin.instance


@of(SHATTERING_TWINS)
def test_the_genuine_construction_keeps_the_claim(twin: ShatteringTwin) -> None:
    verdict = twin.judge(twin.genuine)
    assert (verdict.name, verdict.status, verdict.evidence) == (twin.claim, "holds", "exact")


@of(SHATTERING_TWINS)
def test_the_twin_is_refuted_on_its_instance(twin: ShatteringTwin) -> None:
    verdict = twin.judge(twin.builder)
    assert (verdict.name, verdict.status, verdict.evidence) == (twin.claim, "violated", "exact")
    assert verdict.measured is not None and verdict.measured != verdict.promised
    assert verdict.witness is not None or twin.claim == "count"


def test_every_claim_on_sets_and_networks_has_a_twin_that_breaks_it() -> None:
    counted = {"size_bound", "width_bound", "input_bound", "sandwich"}  # of sizes
    margin = {"margin"}  # broken for literals in verify.testing.broken
    broken = {twin.claim for twin in (*SHATTERING_TWINS, *INPUT_TWINS)}
    for theorem in CARDS:
        assert set(find_theorem(theorem).claims) - counted - margin <= broken
    assert len({twin.name for twin in SHATTERING_TWINS}) == len(SHATTERING_TWINS)


def test_every_wrong_construction_is_registered_and_says_what_is_wrong() -> None:
    used = {twin.builder.__name__ for twin in SHATTERING_TWINS} | {twin.genuine.__name__ for twin in SHATTERING_TWINS}
    written = {
        name: value
        for name, value in vars(broken_shattering).items()
        if name.startswith(("groups_", "literals_", "halfspace_"))
    }
    assert set(written) == used
    assert all((value.__doc__ or "").strip() for value in written.values())


@claiming("membership")
def test_a_point_named_as_outside_is_outside(twin: ShatteringTwin) -> None:
    groups, family = group_of(twin)
    seen = witness_of(twin)
    row = groups.case.labels.tolist().index(seen["labels"])
    assert seen["point"] in groups.case.points.tolist()
    assert seen["centre"] == groups.case.centres[row, 0 if seen["label"] == 1 else 1].tolist()
    assert measure(seen["point"], seen["centre"], family.norm) > groups.case.radius


@claiming("separation")
def test_centres_named_as_close_are_close(twin: ShatteringTwin) -> None:
    groups, family = group_of(twin)
    first, second = witness_of(twin)["centres"]
    assert measure(first, second, family.norm) < groups.case.separation


@claiming("group_separation")
def test_groups_named_as_close_have_opposite_data_points_that_are_close(twin: ShatteringTwin) -> None:
    groups, family = group_of(twin)
    seen = witness_of(twin)
    first, second = seen["pair"]
    moved = [second[0] - seen["places"] * groups.spacing, *second[1:]]
    sides = [{tuple(row) for row in groups.case.centres[:, side].tolist()} for side in (0, 1)]
    assert any(tuple(first) in sides[side] and tuple(moved) in sides[1 - side] for side in (0, 1))
    assert measure(first, second, family.norm) < groups.case.separation


@claiming("shattering")
def test_a_labelling_named_as_missing_is_missing(twin: ShatteringTwin) -> None:
    groups, family = group_of(twin)
    case, labels = groups.case, witness_of(twin)["labels"]
    for row, centres in zip(case.labels.tolist(), case.centres.tolist(), strict=True):
        if row == labels:
            own = [centres[0 if label == 1 else 1] for label in labels]
            distances = [measure(p, c, family.norm) for p, c in zip(case.points.tolist(), own, strict=True)]
            assert max(distances) > case.radius or measure(*centres, family.norm) < case.separation


@claiming("first_layer", "robust_error")
def test_a_point_named_as_wrong_is_wrong(twin: ShatteringTwin) -> None:
    network, asked = twin.builder(twin.instance), twin.instance
    seen = witness_of(twin)
    if isinstance(asked, TwoPoints):
        data, ball = asked.data, NormBall("l2", asked.radius)
    else:
        assert isinstance(asked, UnitVectors)
        data, ball = origin_against_unit_vectors(asked.points, asked.dim), NormBall("linf", asked.ratio / 2)
    point = [Fraction(x) for x in seen["point"]]
    assert ball.contains(data.point(seen["index"]), point)
    assert data.labels[seen["index"]] * network(point)[0] <= 0
