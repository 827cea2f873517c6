"""Certificates of neighbourhoods written by hand: true levels put together to say what is not so, or never ends."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from constructions import AffineMap, LabelledPoints, ReluNetwork
from verify.certificate import checker, cover_checker
from verify.certificate.cover_checker import Rejected, check
from verify.robustness import robust_error

EMPTY = {
    "kind": "halfspaces",
    "rows": [["1"], ["-1"]],
    "right": ["-1", "-1"],
    "separators": [{"slope": ["1"], "multipliers": ["1", "0"]}, {"slope": ["-1"], "multipliers": ["0", "1"]}],
}


def written(folder: Path, network: ReluNetwork, level: int, sets: dict[str, Any]) -> Path:
    """Write a certificate whose one level proves the first cube of the unit grid's halvings, labelled +1."""
    half = Fraction(1, 2 ** (level + 1))
    cube = LabelledPoints.of([[half] * network.dim], [1])
    where = robust_error(network, cube, "linf", half).certificate(folder / "level.json")
    assert "exactly 0" in checker.check(where)
    statement = {
        "norm": "linf",
        "radius": "0",
        "dim": network.dim,
        "network": network.digest(),
        "nonzero": network.size.nonzero,
        "margin": "1",
    }
    entry = {"level": level, "file": where.name, "sha256": hashlib.sha256(where.read_bytes()).hexdigest()}
    document = {"schema": cover_checker.SCHEMA, "statement": statement, "sets": sets}
    path = folder / "certificate.json"
    path.write_text(json.dumps(document | {"grid": {"first": "0", "side": "1"}, "levels": [entry]}))
    return path


def point(*values: str) -> dict[str, Any]:
    return {"kind": "box", "lower": list(values), "upper": list(values)}


def test_a_set_without_a_point_needs_no_cubes(tmp_path: Path) -> None:
    one = ReluNetwork([AffineMap([[0]], [1])])
    assert "margin 1, on 1 cubes" in check(written(tmp_path, one, 0, {"positive": [point("1/2")], "negative": [EMPTY]}))


def test_a_network_with_several_outputs_has_no_sign(tmp_path: Path) -> None:
    """Label 1 is then its second output, and what is proved of it says nothing of ``label * f``."""
    two = ReluNetwork([AffineMap([[0], [0]], [-2, -1])])
    with pytest.raises(Rejected, match="several outputs"):
        check(written(tmp_path, two, 0, {"positive": [point("1/2")], "negative": [EMPTY]}))


def test_a_cube_with_too_many_halves_is_not_halved(tmp_path: Path) -> None:
    one = ReluNetwork([AffineMap([[0] * 48], [1])])
    sets = {"positive": [point(*["1/2"] * 48)], "negative": [point(*["1/2"] * 48)]}
    with pytest.raises(Rejected, match="too many cubes"):
        check(written(tmp_path, one, 1, sets))
