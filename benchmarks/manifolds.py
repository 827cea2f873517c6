"""Growth of covers, packings and decided classifiers with the dimension k and with 1/eps.

Each row makes a cover, two classes and the network of Theorem 5.5, and decides it on every box. Beside
the decision stands one exact evaluation of the network at all centres: what is needed even
without balls.
"""

from __future__ import annotations

import argparse
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks.common import machine, print_table, progress, timed, write_json
from constructions.classifiers.manifold_cover import classify_manifold_cover
from constructions.manifolds.covers import count_patches, pieces_within
from constructions.manifolds.packings import packing_size
from constructions.manifolds.separated_classes import separated_classes
from constructions.manifolds.sources import load_manifold
from verify.capacity.size_bound import certified_size_bound
from verify.claims.cover_claims import cover_is_complete
from verify.pointwise import wrong_points
from verify.robustness import robust_error
from verify.theorems.manifold_instances import fine_cover

DECIDED = (
    ("torus:k=1", "1/8"),
    ("torus:k=1", "1/32"),
    ("torus:k=1", "1/128"),
    ("torus:k=2", "1/8"),
    ("torus:k=2", "1/16"),
    ("axis-plane:k=2,d=4", "1/16"),
    ("cube-boundary:k=2,d=3", "1/16"),
    ("sphere:k=2", "1/12"),
    ("swiss-roll", "1/8"),
)
COUNTED = tuple((f"torus:k={k}", eps) for k in (1, 2, 3, 4) for eps in ("1/8", "1/16", "1/32"))


def decide(spec: str, eps: Fraction) -> dict[str, Any]:
    """Return times and sizes of one instance, every box decided."""
    manifold, radius = load_manifold(spec), eps / 2
    cover_seconds, cover = timed(lambda: fine_cover(manifold, eps, radius))
    claim_seconds, claim = timed(lambda: cover_is_complete(manifold, cover))
    classes = separated_classes(cover, eps)
    network = classify_manifold_cover(classes, eps, radius)
    data = classes.points
    reach = radius + classes.radius
    decide_seconds, result = timed(lambda: robust_error(network, data, "linf", reach, method="interval"))
    centre_seconds, wrong = timed(lambda: wrong_points(network, data))
    return {
        "manifold": spec,
        "eps": str(eps),
        "patches": len(cover.patches),
        "boxes": len(data),
        "parameters": network.size.nonzero,
        "upper": str(result.upper),
        "complete": claim.status,
        "wrong_centres": len(wrong),
        "cover_seconds": cover_seconds,
        "claim_seconds": claim_seconds,
        "decide_seconds": decide_seconds,
        "centre_seconds": centre_seconds,
    }


def count(spec: str, eps: Fraction) -> dict[str, Any]:
    """Return the sizes of one instance by closed form."""
    manifold = load_manifold(spec)
    points = packing_size(manifold, 2 * eps)
    patches = count_patches(manifold, pieces_within(manifold, Fraction(15, 32) * eps))
    above = patches * (6 * manifold.dim + 2) + 1
    return {
        "manifold": spec,
        "eps": str(eps),
        "points": points,
        "patches": patches,
        "above": above,
        "below": certified_size_bound(points, manifold.dim).size,
        "below_32_bit": certified_size_bound(points, manifold.dim, weight_bits=32).size,
    }


def main() -> int:
    """Run the rows and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, help="folder for manifolds.json")
    chosen = parser.parse_args()
    decide("torus:k=1", Fraction(1, 8))  # loads the kernels
    decided = []
    for spec, eps in DECIDED:
        progress(f"{spec} at {eps}")
        decided.append(decide(spec, Fraction(eps)))
    counted = [count(spec, Fraction(eps)) for spec, eps in COUNTED]
    document = {"machine": machine(), "decided": decided, "counted": counted}
    write_json(chosen.output, "manifolds", document)
    print_table(
        "Covers decided, radius eps/2",
        ("manifold", "eps", "patches", "boxes", "parameters", "cover s", "complete s", "decide s", "decide / centres"),
        [
            (
                row["manifold"],
                row["eps"],
                f"{row['patches']:,}",
                f"{row['boxes']:,}",
                f"{row['parameters']:,}",
                f"{row['cover_seconds']:.2f}",
                f"{row['claim_seconds']:.2f}",
                f"{row['decide_seconds']:.2f}",
                f"{row['decide_seconds'] / row['centre_seconds']:.1f}",
            )
            for row in decided
        ],
    )
    print_table(
        "Tori counted",
        ("manifold", "eps", "packing", "patches", "enough", "too few", "too few, 32-bit"),
        [
            tuple(
                f"{row[name]:,}" if isinstance(row[name], int) else row[name]
                for name in ("manifold", "eps", "points", "patches", "above", "below", "below_32_bit")
            )
            for row in counted
        ],
    )
    right = all(row["upper"] == "0" and row["complete"] == "holds" and not row["wrong_centres"] for row in decided)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
