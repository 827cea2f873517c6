"""Holes the checker once had, each with the smallest certificate that went through it."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest

import verify
from constructions import AffineMap, LabelledPoints, ReluNetwork
from verify.certificate import checker

Document = dict[str, Any]


def _map(rows: list[list[tuple[int, int]]], bias: list[int], inputs: int) -> Document:
    entries = [entry for row in rows for entry in row]
    return {
        "shape": [len(rows), inputs],
        "denominator": 1,
        "row_starts": [sum(len(row) for row in rows[:count]) for count in range(len(rows) + 1)],
        "columns": [unit for unit, _ in entries],
        "values": [weight for _, weight in entries],
        "bias": bias,
    }


def _certificate(maps: list[Document], labels: list[int], margin: str | None, claims: Document) -> Document:
    """Return a certificate about the points 0 with these labels, every hash and count in order."""
    network = {"schema": "robustproofs/network/1", "maps": maps}
    data: Document = {"scale": 1, "labels": labels, "points": [[0]] * len(labels)}
    evidence: Document = {"robust": [], "violated": [], **claims}
    robust = sum(len(group["indices"]) for group in evidence["robust"])
    statement = {
        "kind": "robust-error",
        "norm": "linf",
        "radius": "1",
        "domain": None,
        "points": len(labels),
        "dim": 1,
        "network": hashlib.sha256(json.dumps(network, separators=(",", ":"), sort_keys=True).encode()).hexdigest(),
        "data": checker.Data(data, Path(), len(labels), 1).digest(),
        "nonzero": sum(1 for entry in maps for name in ("values", "bias") for value in entry[name] if value),
        "lower": str(len(evidence["violated"]) // len(labels)),
        "upper": str(1 - robust // len(labels)),
        "margin": margin,
    }
    return {"schema": checker.SCHEMA, "statement": statement, "network": network, "data": data, **evidence}


def _code(document: Document, folder: Path) -> int:
    path = folder / "certificate.json"
    path.write_text(json.dumps(document))
    return checker.main([str(path)])


def _robust(rule: str) -> Document:
    return {"robust": [{"rule": rule, "label": 1, "indices": [0], "hints": None}]}


def test_an_honest_certificate_of_this_form_is_accepted(tmp_path: Path) -> None:
    maps = [_map([[(0, 1)], [(0, -1)]], [0, 0], 1), _map([[(0, -1), (1, -1)]], [3], 2), _map([[(0, 1)]], [0], 1)]
    assert _code(_certificate(maps, [1], "2", _robust("paired")), tmp_path) == 0
    assert _code(_certificate(maps, [1], "1", _robust("paired")), tmp_path) == 5


@pytest.mark.parametrize("weight", [1, -1])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_weight_written_as_zero_is_rejected(weight: int, sign: int, tmp_path: Path) -> None:
    """``f = 1 - relu(0 * relu(x) + relu(x + 10))`` is -9 at 0; a pair of weight 0 hid the second term."""
    maps = [_map([[(0, 1)], [(0, weight)]], [0, 10], 1), _map([[(0, 0), (1, sign)]], [0], 2), _map([[(0, -1)]], [1], 1)]
    for rule in ("interval", "paired"):
        for margin in ("1", "0", "1/2", "11", "-8", None):
            assert _code(_certificate(maps, [1], margin, _robust(rule)), tmp_path) == 5, (rule, margin)


@pytest.mark.parametrize(("outputs", "label"), [(3, -1), (3, 3), (3, -3), (1, 0), (1, 2), (2, -2)])
def test_a_label_that_is_no_class_is_rejected(outputs: int, label: int, tmp_path: Path) -> None:
    """Label -1 beside K outputs read the last one, and its lead over itself is 0."""
    maps = [_map([[(0, 1)]] * outputs, list(range(outputs)), 1)]
    wrong = {"violated": [{"index": 0, "point": ["0"]}]}
    assert _code(_certificate(maps, [label], None, wrong), tmp_path) == 5


def test_different_data_never_share_a_hash() -> None:
    """Points beyond 64 bits are hashed as text, whose bytes must not pass for those of small points."""
    first, second = _points_with_equal_bytes()
    assert first != second
    assert first.digest() != second.digest()
    assert len({_checker_digest(first), _checker_digest(second)}) == 2


def _points_with_equal_bytes() -> tuple[LabelledPoints, LabelledPoints]:
    """Return points whose decimal text is the 64-bit words of as many other points."""
    big = [2**63, 111111111111, *([12345] * 8)]
    text = " ".join(map(str, big)).encode()
    assert len(text) == 8 * len(big)
    words = struct.unpack(f"<{len(big)}q", text)
    labels = [1] * len(big)
    return LabelledPoints.of([[value] for value in big], labels), LabelledPoints.of(
        [[value] for value in words], labels
    )


def _checker_digest(data: LabelledPoints) -> str:
    rows = [[int(value) for value in row] for row in data.numerators]
    document = {"scale": data.scale, "labels": list(data.labels), "points": rows}
    return checker.Data(document, Path(), len(data), data.dim).digest()


@pytest.mark.parametrize("edge", [2**53, 2**63 - 1, -(2**63) + 1, 2**63, -(2**63), -(2**63) - 1, 2**64])
def test_both_sides_hash_data_at_the_ends_of_the_integer_range_alike(edge: int, tmp_path: Path) -> None:
    for points in ([[edge]], [[edge], [0]], [[f"{edge}/3"], [1]]):
        data = LabelledPoints.of(points, [1] * len(points))
        assert data.digest() == _checker_digest(data)
        constant = ReluNetwork([AffineMap([[0]], [1])])
        path = verify.robust_error(constant, data, radius=1).certificate(tmp_path / "certificate.json")
        assert checker.main([str(path)]) == 0
