"""Write the certificate of a robust error, and re-check one."""

from __future__ import annotations

import hashlib
import json
import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import MalformedInput
from constructions.network.network_json import integers_to_json, network_document, network_text
from constructions.network.relu_network import ReluNetwork
from verify.branching.proof import input_bits, rule_bits
from verify.certificate import count_checker, cover_checker, volume_checker
from verify.certificate.checker import PROVERS, RULES, SCHEMA, Certificate, Rejected, check, prove_group
from verify.certificate.hints import hints_for
from verify.certificate.trees import tree_text
from verify.methods.ball_program import ball_program, margin_network
from verify.methods.separable.structure import Range

if TYPE_CHECKING:
    from verify.robustness import RobustError

_HEAD = 2**16
_MOST_EMBEDDED = 2_000_000
_MOST_FOR_PLAIN_CHECKER = 30_000_000


def issue_certificate(result: RobustError, path: Path, hints: bool = True) -> Path:
    """Write a certificate of the result's bounds.

    Args:
        result: a robust error with its network and data.
        path: where to write; files of large instances go beside it.
        hints: say per pair which term suffices (up to ten million pairs).

    Returns:
        The path written. The file is complete or absent, never half written.
    """
    network, data = result.network, result.data
    margins = [decision.margin for decision in result.decisions if decision.margin is not None]
    document = {
        "schema": SCHEMA,
        "statement": {
            "kind": "robust-error",
            "norm": result.ball.norm,
            "radius": str(result.ball.radius),
            "domain": _domain_document(result),
            "points": len(data),
            "dim": data.dim,
            "network": network.digest(),
            "data": data.digest(),
            "nonzero": network.size.nonzero,
            "lower": str(result.lower),
            "upper": str(result.upper),
            "margin": str(min(margins)) if margins else None,
        },
        "network": _network_entry(network, path),
        "data": _data_entry(data, path),
        "robust": _robust_groups(result, hints),
        "violated": [
            {"index": index, "point": [str(value) for value in decision.witness]}
            for index, decision in enumerate(result.decisions)
            if decision.witness is not None
        ],
    }
    write_whole(path, json.dumps(document, separators=(",", ":")).encode())
    return path


def recheck(path: str | Path) -> str:
    """Prove the statement of a certificate again and return it as a sentence.

    The standard-library checker decides; beyond some thirty million pairs without hints
    compiled checkers do the same arithmetic.

    Raises:
        MalformedInput: the certificate is rejected; the message says why.
        UsageError: there is no such file.
    """
    from constructions.errors import UsageError

    target = Path(path)
    if not target.is_file():
        what = f"{target} is a folder; name the certificates in it" if target.is_dir() else f"there is no file {target}"
        raise UsageError(what)
    if _says(target, "robustproofs/result/1"):
        raise MalformedInput(f"{target.name}: rejected: this is a result, not a certificate")
    if _says(target, count_checker.SCHEMA, count_checker.COVER_SCHEMA):
        return _recheck_count(target)
    if _says(target, cover_checker.SCHEMA):
        return _recheck_cover(target)
    try:
        if _says(target, volume_checker.SCHEMA):
            from verify.certificate.issue_volume import recheck_volume

            return recheck_volume(target)
        if Certificate(target).work <= _MOST_FOR_PLAIN_CHECKER:
            return check(target)
        return check(target, _prove_in_bulk)
    except Rejected as error:
        raise MalformedInput(f"{target.name}: rejected: {error}") from None
    except (TypeError, KeyError, IndexError, ValueError, ArithmeticError, AttributeError) as error:
        raise MalformedInput(f"{target.name}: rejected: malformed certificate ({error})") from None


def _prove_in_bulk(certificate: Certificate, group: dict[str, Any]) -> Fraction | None:
    if group["rule"] in PROVERS:
        return prove_group(certificate, group)
    if group["rule"] == "separable":
        from verify.certificate.separable_group import prove_separable

        return prove_separable(certificate, group)
    from verify.certificate import compiled_checker

    return compiled_checker.prove_group(certificate, group)


def _says(target: Path, *schemas: str) -> bool:
    """Tell whether the beginning of a file names one of some schemas."""
    with target.open("rb") as file:
        start = file.read(_HEAD)
    return any(b'"' + schema.encode() + b'"' in start for schema in schemas)


def _recheck_cover(target: Path) -> str:
    try:
        return cover_checker.check(target, recheck)
    except cover_checker.Rejected as error:
        raise MalformedInput(f"{target.name}: rejected: {error}") from None
    except (TypeError, KeyError, IndexError, ValueError, ArithmeticError, AttributeError) as error:
        raise MalformedInput(f"{target.name}: rejected: malformed certificate ({error})") from None


def _recheck_count(target: Path) -> str:
    try:
        return count_checker.check(target)
    except ValueError as error:
        raise MalformedInput(f"{target.name}: rejected: {error}") from None


def _robust_groups(result: RobustError, hints: bool) -> list[dict[str, Any]]:
    groups = []
    for label in result.data.classes:
        for rule in RULES:
            indices = [
                index
                for index in result.data.indices(label).tolist()
                if result.decisions[index].status == "robust"
                and result.decisions[index].trees is None
                and _rule(result.decisions[index].method) == rule
            ]
            if rule == "separable":
                groups += _parabola_groups(result, label, indices)
            elif indices:
                found = _hints(result, label, indices) if hints and rule == "interval" else None
                groups.append({"rule": rule, "label": label, "indices": indices, "hints": found})
        groups += _tree_group(result, label)
    return groups


def _tree_group(result: RobustError, label: int) -> list[dict[str, Any]]:
    """Return the points of a label that trees prove, as one group or none."""
    proofs = {
        index: trees
        for index in result.data.indices(label).tolist()
        if (trees := result.decisions[index].trees) is not None and result.decisions[index].status == "robust"
    }
    if not proofs:
        return []
    margin = min(value for index in proofs if (value := result.decisions[index].margin) is not None)
    trees = [tree for several in proofs.values() for tree in several]
    inner = input_bits(trees)
    hints = {
        "bits": rule_bits(result.network, margin),
        "input_bits": inner,
        "margin": str(margin),
        "trees": tree_text(trees, result.network.size.units, inner),
    }
    return [{"rule": "tree", "label": label, "indices": list(proofs), "hints": hints}]


def _rule(method: str) -> str:
    return method if method in RULES else "interval"


def _parabola_groups(result: RobustError, label: int, indices: list[int]) -> list[dict[str, Any]]:
    """Return the points that parabolas prove, one group for each bend and range: a hint of both, and the margin."""
    groups: dict[tuple[Fraction, Range], dict[str, Any]] = {}
    for index in indices:
        bound = result.decisions[index].parabolas
        assert bound is not None
        hints = {"bend": str(bound.bend), "low": str(bound.span.low), "high": str(bound.span.high)}
        new = {"rule": "separable", "label": label, "indices": [], "hints": hints}
        groups.setdefault((bound.bend, bound.span), new)["indices"].append(index)
    for group in groups.values():
        bounds = [result.decisions[index].margin for index in group["indices"]]
        group["hints"]["margin"] = str(min(margin for margin in bounds if margin is not None))
    return list(groups.values())


def _hints(result: RobustError, label: int, indices: list[int]) -> str | None:
    network = margin_network(result.network, label)
    points = result.data.numerators[np.array(indices)]
    return hints_for(ball_program(network, points, result.data.scale, result.ball, result.domain), points)


def _domain_document(result: RobustError) -> dict[str, list[str]] | None:
    if result.domain is None:
        return None
    return {"lower": _texts(result.domain.lower), "upper": _texts(result.domain.upper)}


def _texts(values: tuple[Fraction, ...]) -> list[str]:
    return [str(value) for value in values]


def _network_entry(network: ReluNetwork, path: Path) -> dict[str, Any]:
    if network.size.nonzero <= _MOST_EMBEDDED:
        return network_document(network)
    return _beside(path, f"{path.stem}.network.json", network_text(network).encode())


def _data_entry(data: LabelledPoints, path: Path) -> dict[str, Any]:
    labels = [int(label) for label in data.label_array]
    entry: dict[str, Any] = {"scale": data.scale, "labels": labels}
    numerators = data.numerators
    if numerators.size <= _MOST_EMBEDDED or numerators.dtype == object:
        rows = [integers_to_json(row) for row in numerators]
        return {**entry, "scale": integers_to_json(np.array([data.scale], dtype=object))[0], "points": rows}
    kind = {"uint8": "B", "int16": "h", "int32": "i", "int64": "q"}[str(numerators.dtype)]
    body = numerators.astype(numerators.dtype.newbyteorder("<")).tobytes()
    return {**entry, "type": kind, **_beside(path, f"{path.stem}.points.bin", body)}


def _beside(path: Path, name: str, body: bytes) -> dict[str, str]:
    write_whole(path.parent / name, body)
    return {"file": name, "sha256": hashlib.sha256(body).hexdigest()}


def write_whole(path: Path, body: bytes) -> None:
    """Write a file completely or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(body)
    os.replace(partial, path)
