"""A quick battery with known answers, for an installation that must be trusted."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.data.generators import random_points
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import MalformedInput
from constructions.memorizers.catalog import CATALOG
from constructions.memorizers.instance import half_separation
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.certificate.issue import recheck
from verify.robustness import robust_error
from verify.verdict import Verdict

_TINY = Fraction(1, 2**40)


def selftest() -> list[Verdict]:
    """Return one verdict per known answer; each compares what was found with what is true."""
    return [*_boundary_cases(), *_memorizers(), *_certificates()]


def _judge(name: str, found: Any, known: Any, method: str) -> Verdict:
    status = "holds" if found == known else "violated"
    return Verdict(name, status, "exact", str(found), str(known), "equal", method)  # type: ignore[arg-type]


def _boundary_cases() -> Iterator[Verdict]:
    """Balls just inside, at and over the critical radius; plateaus; huge weights."""
    half = Fraction(1, 2)
    one = LabelledPoints.of([[0]], [1])
    line = ReluNetwork([AffineMap([[-1]], [half])])
    huge = ReluNetwork([AffineMap([[-(2**60)]], [2**59])])
    plateau = ReluNetwork([AffineMap([[1]], [-half]), AffineMap([[1]], [0])])
    twins = ReluNetwork([AffineMap([[1], [1]], [1, 1]), AffineMap([[1, -1]], ["1/1000"])])
    cases: list[tuple[str, ReluNetwork, str, Fraction, str]] = [
        ("radius 2^-40 below the distance to the decision boundary", line, "linf", half - _TINY, "robust"),
        ("radius equal to the distance to the decision boundary", line, "linf", half, "violated"),
        ("radius 2^-40 above the distance to the decision boundary", line, "l1", half + _TINY, "violated"),
        ("the same with weights of 2^60, radius 2^-40 below", huge, "linf", half - _TINY, "robust"),
        ("the same with weights of 2^60, radius equal", huge, "l1", half, "violated"),
        ("output exactly zero around the point, which is an error", plateau, "linf", Fraction(1, 4), "violated"),
        ("two units that cancel each other, right everywhere", twins, "linf", Fraction(10), "robust"),
    ]
    for name, network, norm, radius, known in cases:
        result = robust_error(network, one, norm, radius)
        yield _judge(name, result.status[0], known, result.method(0))


def _memorizers() -> Iterator[Verdict]:
    """Every memorizer holds at its radius, and is refuted at a radius of at least eps."""
    data = random_points(n=24, d=3, levels=16, seed=7)
    for entry in CATALOG:
        norm = entry.norms[0]
        closest = data.closest_opposite_pairs(norm)
        assert closest is not None
        eps = half_separation(closest.distance, norm)
        # At eps opposite balls touch; in l2, where eps is rounded, take in the opposite point itself.
        beyond = 2 * eps + Fraction(1, 2**19) if norm == "l2" else eps
        plan = entry.plan(data, eps * Fraction(3, 7), eps, norm, None)
        if plan is None:
            continue
        network = plan.build()
        held = robust_error(network, data, norm, eps * Fraction(3, 7))
        name = f"{entry.name} memorizer of 24 points ({norm})"
        right = "no wrong point" if held.upper == 0 else f"robust error up to {held.upper}"
        yield _judge(f"{name}, at its radius", right, "no wrong point", held.method(0))
        touching = robust_error(network, data, norm, beyond, seconds=5)
        wrong = "a wrong point" if touching.lower > 0 else "no wrong point"
        yield _judge(f"{name}, where balls of both labels touch", wrong, "a wrong point", "attack")


def _certificates() -> Iterator[Verdict]:
    """A certificate is accepted; changed ones are not."""
    data = random_points(n=16, d=2, levels=16, seed=3)
    separation = data.separation("linf")
    assert separation is not None
    radius = separation / 4
    plan = CATALOG[0].plan(data, radius, separation / 2, "linf", None)
    assert plan is not None
    network = plan.build()
    with tempfile.TemporaryDirectory() as folder:
        path = robust_error(network, data, "linf", radius).certificate(Path(folder) / "certificate.json")
        genuine = json.loads(path.read_text())
        yield _judge("genuine certificate", _verdict(path, genuine), "accepted", "recheck")
        for name, change in _FORGERIES.items():
            forged = json.loads(json.dumps(genuine))
            change(forged)
            yield _judge(f"forged certificate, {name}", _verdict(path, forged), "rejected", "recheck")


def _verdict(path: Path, document: dict[str, Any]) -> str:
    path.write_text(json.dumps(document))
    try:
        recheck(path)
    except MalformedInput:
        return "rejected"
    return "accepted"


def _flip_label(document: dict[str, Any]) -> None:
    document["data"]["labels"][0] *= -1


def _wider(document: dict[str, Any]) -> None:
    document["statement"]["radius"] = str(4 * Fraction(document["statement"]["radius"]))


def _lose_weight(document: dict[str, Any]) -> None:
    document["network"]["maps"][1]["values"][0] = 0


def _claim_less(document: dict[str, Any]) -> None:
    document["statement"]["upper"] = "1/16"


_FORGERIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "a label turned": _flip_label,
    "a larger radius": _wider,
    "a weight removed": _lose_weight,
    "another bound": _claim_less,
}
