"""Growth of covers, packings, networks and decisions with the dimension k and with 1/eps.

Each row makes a cover, two classes and the network of Theorem 5.5, and decides it on every box. Beside
the decision stands one exact evaluation of the network at all centres: what is needed even
without balls. The counts at eps = 1/16 must be those of the figure ``entropy``.
"""

from __future__ import annotations

import argparse
import math
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.common import machine, print_table, progress, timed, write_json
from constructions.classifiers.distance_interpolation import count_projected_interpolation, plan_route
from constructions.classifiers.manifold_cover import classify_manifold_cover, count_manifold_cover
from constructions.manifolds.covers import count_patches, pieces_within
from constructions.manifolds.packings import pack, packing_size
from constructions.manifolds.separated_classes import separated_classes
from constructions.manifolds.sources import load_manifold
from verify.capacity.size_bound import certified_size_bound
from verify.claims.cover_claims import cover_is_complete
from verify.claims.packing_claims import points_apart, points_on_manifold
from verify.pointwise import wrong_points
from verify.report.entropy import entropy_numbers
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
COUNTED = tuple((f"torus:k={k}", eps) for k in (1, 2, 3, 4) for eps in ("1/8", "1/16", "1/32", "1/64"))
PACKED = (("torus:k=2", "1/16"), ("torus:k=3", "1/16"), ("torus:k=4", "1/16"), ("axis-plane:k=2,d=3", "1/600"))
ROUTES = (
    ("axis-plane:k=1,d=4", "1/8"),
    ("axis-plane:k=2,d=4", "1/8"),
    ("axis-plane:k=2,d=4", "1/16"),
    ("torus:k=1", "1/8"),
)


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


def grown(rows: list[dict[str, Any]]) -> None:
    """Add the exponent of 1/eps that two rows of one manifold suggest, where eps was halved."""
    for before, row in pairwise(rows):
        if before["manifold"] == row["manifold"]:
            row["exponent"] = math.log2(row["above"] / before["above"])


def agrees_with_figure(rows: list[dict[str, Any]]) -> bool:
    """Tell whether the counts at eps = 1/16 are those of the figure's first panel."""
    panel = entropy_numbers(range(1, 5)).panels[0]
    drawn = {name: panel.curve(curve).sizes for name, curve in (("above", "cover"), ("below", "error-0"))}
    mine = [row for row in rows if row["eps"] == "1/16"]
    return all(tuple(row[name] for row in mine) == sizes for name, sizes in drawn.items())


def packed(spec: str, eps: Fraction) -> dict[str, Any]:
    """Return the time to list a packing, and to check all of its points and pairs."""
    manifold = load_manifold(spec)
    list_seconds, points = timed(lambda: pack(manifold, 2 * eps))
    point_seconds, on = timed(lambda: points_on_manifold(manifold, points))
    pair_seconds, apart = timed(lambda: points_apart(points, 2 * eps))
    status = on.status if on.status != "holds" else apart.status
    seconds = {"list_seconds": list_seconds, "point_seconds": point_seconds, "pair_seconds": pair_seconds}
    return {"manifold": spec, "eps": str(eps), "points": len(points), "status": status, **seconds}


def route(spec: str, eps: Fraction) -> dict[str, Any]:
    """Return the sizes of both routes of Theorem 5.5 for the same classes."""
    manifold, radius = load_manifold(spec), eps / 2
    cover = fine_cover(manifold, eps, radius)
    classes = separated_classes(cover, eps)
    plan = plan_route(classes, eps, radius, range(manifold.dimension if "plane" in spec else manifold.dim))
    above = len(cover.patches) * (6 * manifold.dim + 2) + 1
    built = count_manifold_cover(classes, radius)
    sizes = {"interpolation": count_projected_interpolation(plan), "bumps": built, "bumps_for_all": above}
    return {"manifold": spec, "eps": str(eps), "nodes": len(plan.values), **sizes}


def main() -> int:
    """Run the rows and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, help="folder for manifolds.json")
    chosen = parser.parse_args()
    decide("torus:k=1", Fraction(1, 8))  # loads the kernels
    decided = []
    for spec, eps in DECIDED:
        progress(f"{spec} at {eps}")
        decided.append(decide(spec, Fraction(eps)))
    counted = [count(spec, Fraction(eps)) for spec, eps in COUNTED]
    grown(counted)
    packings = [packed(spec, Fraction(eps)) for spec, eps in PACKED]
    routes = [route(spec, Fraction(eps)) for spec, eps in ROUTES]
    document = {
        "machine": machine(),
        "decided": decided,
        "counted": counted,
        "packings": packings,
        "routes": routes,
        "agrees_with_figure": agrees_with_figure(counted),
    }
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
        ("manifold", "eps", "packing", "patches", "enough", "exponent", "too few", "too few, 32-bit"),
        _cells(counted, ("manifold", "eps", "points", "patches", "above", "exponent", "below", "below_32_bit")),
    )
    print_table(
        "Packings checked, all points and all pairs",
        ("manifold", "eps", "points", "status", "list s", "points s", "pairs s"),
        _cells(packings, ("manifold", "eps", "points", "status", "list_seconds", "point_seconds", "pair_seconds")),
    )
    print_table(
        "Two routes to Theorem 5.5",
        ("manifold", "eps", "nodes", "interpolation", "bumps", "bumps for all classes"),
        _cells(routes, ("manifold", "eps", "nodes", "interpolation", "bumps", "bumps_for_all")),
    )
    right = document["agrees_with_figure"] and all(row["status"] == "holds" for row in packings)
    right = right and all(
        row["upper"] == "0" and row["complete"] == "holds" and not row["wrong_centres"] for row in decided
    )
    return 0 if right else 1


def _cells(rows: list[dict[str, Any]], names: tuple[str, ...]) -> list[tuple[str, ...]]:
    def text(value: Any) -> str:
        return f"{value:,}" if isinstance(value, int) else f"{value:.2f}" if isinstance(value, float) else str(value)

    return [tuple(text(row.get(name, "")) for name in names) for row in rows]


if __name__ == "__main__":
    sys.exit(main())
