"""Write the certificate of a counting bound."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructions.errors import UsageError
from verify.certificate.count_checker import SCHEMA
from verify.certificate.issue import write_whole

if TYPE_CHECKING:
    from verify.capacity.classes import ClassBound
    from verify.capacity.size_bound import SizeBound

_PLAIN = 2**53


def issue_size_bound(bound: SizeBound, path: Path) -> Path:
    """Write the certificate of a size bound; the file is complete or absent.

    The paper's double counting is kept for comparison only and has no certificate.

    Raises:
        UsageError: the bound was found by double counting.
    """
    if bound.method == "double-counting":
        raise UsageError("double counting has no certificate; the rule regions proves more")
    asked = bound.question
    statement = {
        "kind": "size-bound",
        "points": _integer(asked.points),
        "dim": asked.dim,
        "error": str(asked.error),
        "size": _integer(bound.size),
        "depth": asked.depth,
        "weight_bits": asked.weight_bits,
        "failure_probability": _failure(asked.failure),
    }
    return _write(statement, bound.method, path)


def issue_vc_bound(bound: ClassBound, path: Path) -> Path:
    """Write the certificate of the largest VC dimension that is too small.

    Raises:
        UsageError: no VC dimension is.
    """
    if not bound.value:
        raise UsageError("no VC dimension is certified to be too small for these points")
    asked = bound.question
    statement = {
        "kind": "sign-pattern-bound",
        "points": _integer(asked.points),
        "error": str(asked.error),
        "vc_dimension": _integer(bound.value),
        "failure_probability": _failure(asked.failure),
    }
    return _write(statement, "sauer", path)


def _write(statement: dict[str, Any], rule: str, path: Path) -> Path:
    document = {"schema": SCHEMA, "statement": statement, "rule": rule}
    write_whole(path, (json.dumps(document, indent=1) + "\n").encode())
    return path


def _integer(value: int) -> int | str:
    return value if value < _PLAIN else hex(value)


def _failure(eta: Fraction) -> str | None:
    return None if eta == 1 else str(eta)
