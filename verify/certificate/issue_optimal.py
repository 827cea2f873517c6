"""Write the certificate of an optimal robust error: points given up, and a flow of the same weight."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from constructions.errors import BudgetExceeded
from constructions.network.network_json import integer_to_json, integers_to_json
from verify.certificate.count_checker import COVER_SCHEMA, LARGEST_COVER
from verify.certificate.issue import write_whole

if TYPE_CHECKING:
    from verify.optimal_risk.optimal_error import OptimalRobustError


def issue_optimal(found: OptimalRobustError, path: Path) -> Path:
    """Write the certificate of an optimal robust error; the file is complete or absent.

    It holds the points, so that it can be re-checked without anything else; where all are
    equally likely no weights are written.

    Raises:
        BudgetExceeded: the file would be larger than the checker reads.
    """
    data, probabilities = found.points, found.distribution.probabilities
    total = math.lcm(*{value.denominator for value in probabilities})
    weights = [value.numerator * (total // value.denominator) for value in probabilities]
    is_uniform = set(weights) == {1}
    document = {
        "schema": COVER_SCHEMA,
        "statement": {
            "kind": "optimal-robust-error",
            "norm": found.norm,
            "radius": str(found.radius),
            "closed": found.closed,
            "points": len(data),
            "dim": data.dim,
            "data": data.digest(),
            "weights": None if is_uniform else hashlib.sha256(" ".join(map(hex, weights)).encode()).hexdigest(),
            "value": str(found.value),
        },
        "scale": integer_to_json(data.scale),
        "labels": list(data.labels),
        "points": [integers_to_json(row) for row in data.numerators],
        "weights": None if is_uniform else [integer_to_json(weight) for weight in weights],
        "cover": list(found.cover),
        "flow": [
            [i, k, integer_to_json(int(amount * total))]
            for (i, k), amount in zip(found.matching, found.amounts, strict=True)
        ],
    }
    body = json.dumps(document, separators=(",", ":")).encode()
    if len(body) > LARGEST_COVER:
        raise BudgetExceeded(
            f"the certificate would take {len(body):,} bytes; at most {LARGEST_COVER:,} are re-checked"
        )
    write_whole(path, body)
    return path
