"""Every broken twin of the half-space that reads the fewest inputs is refuted; witnesses are checked."""

from __future__ import annotations

from fractions import Fraction

import pytest

from constructions.exact.norms import length
from constructions.hard_distributions.diagonal import origin_against_diagonal
from verify.testing import broken_inputs
from verify.testing.broken_inputs import INPUT_TWINS, InputTwin, diagonal_genuine

twins = pytest.mark.parametrize("twin", [pytest.param(twin, id=twin.name) for twin in INPUT_TWINS])


@twins
def test_the_genuine_construction_keeps_the_claim(twin: InputTwin) -> None:
    verdict = twin.judge(diagonal_genuine)
    assert (verdict.name, verdict.status, verdict.evidence) == (twin.claim, "holds", "exact")


@twins
def test_the_twin_is_refuted_on_its_instance(twin: InputTwin) -> None:
    verdict = twin.judge(twin.builder)
    assert (verdict.name, verdict.status, verdict.evidence) == (twin.claim, "violated", "exact")
    assert verdict.witness is not None or twin.claim == "half_space_count"


@pytest.mark.parametrize("twin", [t for t in INPUT_TWINS if t.claim == "inputs_read"], ids=lambda twin: twin.name)
def test_a_point_named_as_wrong_is_wrong(twin: InputTwin) -> None:
    """At the boundary it lies on the sphere: for open balls one input fewer would do."""
    asked, network = twin.instance, twin.builder(twin.instance)
    data, verdict = origin_against_diagonal(2, asked.dim), twin.judge(twin.builder)
    seen = verdict.witness
    assert seen is not None
    point = [Fraction(x) for x in seen["point"]]
    moved = length([x - y for x, y in zip(point, data.point(seen["index"]), strict=True)], asked.norm)
    assert moved <= asked.radius
    assert (moved == asked.radius) is (verdict.measured == str(asked.inputs - 1))
    assert data.labels[seen["index"]] * network(point)[0] <= 0


def test_every_wrong_construction_is_registered_and_says_what_is_wrong() -> None:
    written = {name: value for name, value in vars(broken_inputs).items() if name.startswith("diagonal_")}
    assert set(written) == {twin.builder.__name__ for twin in INPUT_TWINS} | {"diagonal_genuine"}
    assert all((value.__doc__ or "").strip() for value in written.values())
    assert len({twin.name for twin in INPUT_TWINS}) == len(INPUT_TWINS)
