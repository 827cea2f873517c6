"""Certificates of volumes: accepted when genuine, rejected when anything that matters is changed."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verify
from constructions import AffineMap, LabelledPoints, ReluNetwork, UsageError
from constructions.classifiers.distance_network import distance_difference_network
from constructions.errors import MalformedInput
from constructions.sets.box import Box
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.sources import load_sets
from verify.certificate import volume_checker
from verify.certificate.issue import recheck
from verify.certificate.volume_checker import Rejected, check
from verify.testing.broken_volumes import VOLUME_TWINS, VolumeTwin, genuine_volumes
from verify.testing.strategies import relu_networks

TWINS = pytest.mark.parametrize("twin", [pytest.param(twin, id=twin.name) for twin in VOLUME_TWINS])


def _checked(document: dict[str, Any], folder: Path) -> str:
    path = folder / "certificate.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return check(path)


# Genuine ---------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    relu_networks(max_units=4),
    st.sampled_from(("linf", "l1", "l2")),
    st.integers(0, 3),
    st.sampled_from((1, -1)),
    st.integers(1, 4),
)
def test_bounds_are_proved_again_and_exact_in_the_plane(
    tmp_path_factory: pytest.TempPathFactory, network: ReluNetwork, norm: str, steps: int, label: int, flat: int
) -> None:
    """Also with a second box that is flat along one axis or more."""
    low = [-1] * network.dim
    boxes = [Box(low, [1] * network.dim), Box(low, [-1 if j % flat == 0 else 0 for j in range(network.dim)])]
    mixture = BoxMixture(boxes, [label, -label], ["2/3", "1/3"])
    result = verify.robust_test_error(network, mixture, norm, Fraction(steps, 8), most_regions=6)
    path = result.certificate(tmp_path_factory.mktemp("volumes") / "certificate.json")
    sentence = recheck(path)
    statement = json.loads(path.read_text(encoding="utf-8"))["statement"]
    lower, upper = Fraction(statement["lower"]), Fraction(statement["upper"])
    assert lower <= result.lower and result.upper <= upper
    if network.dim == 1 or (network.dim == 2 and norm != "l2"):
        assert lower == upper == result.lower and f"is exactly {lower}" in sentence


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
@pytest.mark.parametrize(("dim", "norm"), [(2, "linf"), (2, "l1"), (2, "l2"), (3, "linf"), (4, "linf")])
def test_an_error_of_zero_is_certified_in_every_norm(tmp_path: Path, dim: int, norm: str) -> None:
    report = verify.check("3.1", sets=f"boxes:n=4,d={dim},levels=4,seed=0", norm=norm, output=tmp_path)
    assert report.exit_code == 0 and report.certificate == tmp_path / "certificate.json"
    assert "the robust test error is exactly 0" in check(report.certificate)


def test_what_nothing_was_found_of_is_open(tmp_path: Path) -> None:
    sets = load_sets("boxes:n=4,d=2,levels=4,seed=0")
    network = distance_difference_network(sets, "linf")
    result = verify.robust_test_error(network, BoxMixture.equal(sets), radius="1/50", most_regions=1)
    assert "between 0 and 3/4" in check(result.certificate(tmp_path / "certificate.json"))
    again = result.certificate(tmp_path / "again.json")
    assert again.read_bytes() == (tmp_path / "certificate.json").read_bytes()


@settings(max_examples=30)
@given(relu_networks(inputs=2, outputs=3, max_units=4), st.integers(0, 2), st.integers(0, 2))
def test_several_outputs(
    tmp_path_factory: pytest.TempPathFactory, network: ReluNetwork, label: int, steps: int
) -> None:
    mixture = BoxMixture([Box([-1, -1], [1, 1])], [label], [1])
    result = verify.robust_test_error(network, mixture, "linf", Fraction(steps, 8), most_regions=2)
    path = result.certificate(tmp_path_factory.mktemp("volumes") / "certificate.json")
    assert result.is_exact and f"is exactly {result.lower} " in recheck(path)


def test_outputs_that_differ_by_a_constant(tmp_path: Path) -> None:
    """Equal weights cancel in the margin, and a weight of zero has no kink."""
    network = ReluNetwork([AffineMap([[1, 0], [1, 0]], [1, 0])])
    for label, error in ((0, 0), (1, 1)):
        mixture = BoxMixture([Box([0, 0], [1, 1])], [label], [1])
        result = verify.robust_test_error(network, mixture, "l1", "1/8")
        assert result.is_exact and result.lower == error
        assert f"is exactly {error} " in check(result.certificate(tmp_path / "certificate.json"))


def test_points_are_certified_point_by_point(tmp_path: Path) -> None:
    data = LabelledPoints.of([[0], [3]], labels=[-1, 1])
    network = distance_difference_network(load_sets("boxes:n=2,d=1,levels=4,seed=0"), "linf")
    with pytest.raises(UsageError, match="point by point"):
        verify.robust_test_error(network, data, radius=0).certificate(tmp_path / "certificate.json")


def test_it_runs_alone(tmp_path: Path) -> None:
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(genuine_volumes()), encoding="utf-8")
    command = [sys.executable, "-I", "-S", volume_checker.__file__, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "proved: the robust test error lies between 1/64 and 17/32" in done.stdout
    path.write_text('{"schema": 1}', encoding="utf-8")
    assert volume_checker.main([str(path), str(tmp_path / "none")]) == 5


# Broken and forged -----------------------------------------------------------------------


def test_the_genuine_certificate_is_accepted(tmp_path: Path) -> None:
    assert "between 1/64 and 17/32" in _checked(genuine_volumes(), tmp_path)


@TWINS
def test_every_twin_is_rejected(twin: VolumeTwin, tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=twin.reason):
        _checked(twin.build(), tmp_path)
    with pytest.raises(MalformedInput, match="rejected"):
        recheck(tmp_path / "certificate.json")


def test_every_twin_says_what_is_wrong() -> None:
    assert len({twin.name for twin in VOLUME_TWINS}) == len(VOLUME_TWINS)
    assert all(twin.build.__doc__ for twin in VOLUME_TWINS)


def _edit(*place: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        entry: Any = document
        for key in place[:-1]:
            entry = entry[key]
        entry[place[-1]] = value

    return change


FORGERIES = {
    "schema": _edit("schema", value="robustproofs/volume-certificate/2"),
    "kind": _edit("statement", "kind", value="robust-error"),
    "norm l1": _edit("statement", "norm", value="l1"),
    "unknown norm": _edit("statement", "norm", value="l3"),
    "negative radius": _edit("statement", "radius", value="-1/8"),
    "radius as a number": _edit("statement", "radius", value=1),
    "dim": _edit("statement", "dim", value=2),
    "parts": _edit("statement", "parts", value=2),
    "parts null": _edit("statement", "parts", value=None),
    "network hash": _edit("statement", "network", value="0" * 64),
    "a weight": _edit("network", "maps", 1, "values", 0, value=2),
    "a weight of zero": _edit("network", "maps", 0, "values", 0, value=0),
    "a bias": _edit("network", "maps", 1, "bias", 0, value=1),
    "a denominator": _edit("network", "maps", 0, "denominator", value=0),
    "a column": _edit("network", "maps", 0, "columns", 0, value=3),
    "law hash": _edit("statement", "law", value="0" * 64),
    "probability": _edit("law", 0, "probability", value="1/2"),
    "label": _edit("law", 0, "label", value=-1),
    "label true": _edit("law", 0, "label", value=True),
    "a larger part": _edit("law", 0, "upper", 0, value="2"),
    "upper": _edit("statement", "upper", value="1/2"),
    "lower": _edit("statement", "lower", value="2/64"),
    "not in lowest terms": _edit("statement", "lower", value="2/128"),
    "no such part": _edit("evidence", 0, "part", value=1),
    "part of another type": _edit("evidence", 0, "part", value=False),
    "rule": _edit("evidence", 0, "rule", value="wrong"),
    "unknown rule": _edit("evidence", 0, "rule", value="sample"),
    "rule of another type": _edit("evidence", 0, "rule", value=["right"]),
    "empty box": _edit("evidence", 0, "lower", 0, value="1/2"),
    "short corner": _edit("evidence", 0, "lower", value=["0", "0"]),
    "an exponent": _edit("evidence", 0, "lower", 0, value="1e-9"),
    "a key more": _edit("evidence", 0, "share", value="1"),
    "evidence gone": _edit("evidence", value=[]),
    "evidence of another type": _edit("evidence", value={}),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_rejected(name: str, tmp_path: Path) -> None:
    document = copy.deepcopy(genuine_volumes())
    FORGERIES[name](document)
    with pytest.raises(Rejected):
        _checked(document, tmp_path)


@pytest.mark.parametrize(
    "name", ["a weight", "a weight of zero", "a bias", "a larger part", "probability", "a denominator", "a column"]
)
def test_forgeries_with_new_hashes_are_rejected_too(name: str, tmp_path: Path) -> None:
    document = copy.deepcopy(genuine_volumes())
    FORGERIES[name](document)
    for part in ("network", "law"):
        document["statement"][part] = volume_checker.digest(document[part])
    with pytest.raises(Rejected):
        _checked(document, tmp_path)
    with pytest.raises(MalformedInput):
        recheck(tmp_path / "certificate.json")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', '{"schema": NaN}', '{"schema": 0.5}', "\udcff"])
def test_files_that_are_no_json_are_rejected(text: str, tmp_path: Path) -> None:
    path = tmp_path / "certificate.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Rejected):
        check(path)


# Rules -----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(relu_networks(inputs=2, max_units=5), st.integers(-8, 8), st.integers(-8, 8), st.integers(0, 6))
def test_forms_bound_the_outputs(network: ReluNetwork, x: int, y: int, width: int) -> None:
    from constructions.network.network_json import network_document

    layers = volume_checker.read_network(network_document(network), 2)
    box = [(Fraction(place, 4), Fraction(place + width, 4)) for place in (x, y)]
    (form,), exact = volume_checker.outputs_near(layers, box)
    low, high = volume_checker.ends(form)
    values = [
        network([a + share * (b - a) for (a, b), share in zip(box, shares, strict=True)])[0]
        for shares in ((Fraction(i, 3), Fraction(j, 3)) for i in range(4) for j in range(4))
    ]
    assert low <= min(values) and max(values) <= high
    assert not exact or (low == min(values) and high == max(values))


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_nearness_is_that_of_the_norm(norm: str) -> None:
    corner, box = [(Fraction(4), Fraction(4)), (Fraction(5), Fraction(5))], [(Fraction(0), Fraction(1))] * 2
    reach = {"linf": 4, "l1": 7, "l2": 5}[norm]
    assert volume_checker.is_near(corner, box, norm, Fraction(reach))
    assert not volume_checker.is_near(corner, box, norm, Fraction(reach) - Fraction(1, 10**9))
