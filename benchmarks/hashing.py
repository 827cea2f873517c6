"""How many parameters memorize N points at small radii, beside other constructions; with --reach, up to which radii."""

from __future__ import annotations

import argparse
import math
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks.common import machine, print_table, progress, seconds_text, timed, write_json
from constructions.data.generators import random_points
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.memorizers.hash_line import plan_hash_line
from constructions.memorizers.hashing.grid_keys import plan_grid_keys
from constructions.memorizers.hashing.hashed_bits import HashedBits, build_hashed_bits, plan_hashed_bits
from constructions.memorizers.hashing.line_projection import threshold_lines
from constructions.memorizers.hashing.threshold_table import smallest_table
from constructions.memorizers.hashing.worst_case import count_worst_case, guaranteed_ratio
from constructions.memorizers.instance import MemorizationInstance, half_separation
from constructions.memorizers.literals import plan_literals
from verify.robustness import robust_error

_LEVELS = 2**31 - 1
_PLANS = {"hash-bits": plan_hashed_bits, "hash-line": plan_hash_line, "hash-grid": plan_grid_keys}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, write hashing.json; 1 if a network is not proved robust."""
    options = _options(arguments)
    if options.reach:
        return _print_reach(options)
    rows = [_row(points, dim, options) for dim in options.dims for points in options.points]
    print_table(
        "Parameters at the guaranteed radius, l-infinity",
        ("points x dim", "changes", "hashed bits", "d + 1 + 6 changes", "literals", "worst case", "plan s", "decide s"),
        [_cells(row) for row in rows],
        [f"growth exponent in dimension {dim}: {value}" for dim, value in _exponents(rows).items()],
    )
    write_json(options.folder, "hashing", {"machine": machine(), "rows": rows, "exponents": _exponents(rows)})
    return int(any(row["robust"] is False for row in rows))


def _print_reach(options: argparse.Namespace) -> int:
    """Print the largest ratio at which each construction finds a plan, and its parameters there."""
    rows = [
        _reach_row(points, dim, norm, options)
        for norm in options.norms
        for dim in options.dims
        for points in options.points
    ]
    cells = [[f"{row['points']:,} x {row['dim']}, {row['norm']}", *_reach_cells(row)] for row in rows]
    headings = [text for name in _PLANS for text in (name, "parameters", "s")]
    print_table("Largest radius / eps with a plan, by halves", ("points x dim", *headings), cells, [])
    write_json(options.folder, "hashing-reach", {"machine": machine(), "rows": rows})
    return 0


def _reach_row(points: int, dim: int, norm: str, options: argparse.Namespace) -> dict[str, Any]:
    progress(f"{points} points in dimension {dim}, {norm}")
    data = random_points(points, dim, _LEVELS, options.seed)
    closest = data.closest_opposite_pairs(norm)
    assert closest is not None
    eps = half_separation(closest.distance, norm)
    row: dict[str, Any] = {"points": points, "dim": dim, "norm": norm}
    for name, plan in _PLANS.items():
        for halvings in range(1, 40):
            try:
                seconds, found = timed(lambda plan=plan, radius=eps / 2**halvings: plan(data, radius, eps, norm))
            except AssumptionViolated:
                continue
            row[name] = {"ratio": f"1/{2**halvings}", "parameters": found.parameters, "seconds": seconds}
            break
    return row


def _reach_cells(row: dict[str, Any]) -> list[str]:
    found = [row.get(name, {"ratio": "-", "parameters": 0, "seconds": None}) for name in _PLANS]
    return [text for x in found for text in (x["ratio"], f"{x['parameters']:,}", seconds_text(x["seconds"]))]


def _row(points: int, dim: int, options: argparse.Namespace) -> dict[str, Any]:
    progress(f"{points} points in dimension {dim}")
    data = random_points(points, dim, _LEVELS, options.seed)
    # Distinct points of the grid are a step apart; the separation itself takes a pass over all pairs.
    separation = Fraction(1, data.scale) if points > options.most_separated else data.separation("linf")
    assert separation is not None
    eps = separation / 2
    ratio = guaranteed_ratio((points // 2) * (points - points // 2), dim)
    planning, plan = timed(lambda: _plan(data, ratio * eps, eps))
    row: dict[str, Any] = {
        "points": points,
        "dim": dim,
        "ratio": str(ratio),
        "changes": len(plan.line.thresholds),
        "digits": plan.table.digits,
        "length": plan.table.length,
        "groups": plan.table.groups,
        "hashed_bits": plan.parameters,
        "line": dim + 1 + 6 * len(plan.line.thresholds),
        "literals": _literals(data, ratio * eps) if points <= options.most_literals else None,
        "worst_case": count_worst_case(points, dim, ratio, 1 / eps),
        "plan": planning,
        "decide": None,
        "robust": None,
    }
    if points <= options.most_decided:
        network = build_hashed_bits(data, plan)
        row["decide"], result = timed(lambda: robust_error(network, data, "linf", ratio * eps))
        row["robust"], row["margin"] = result.upper == 0, str(result.smallest_margin)
    return row


def _plan(data: LabelledPoints, radius: Fraction, eps: Fraction) -> HashedBits:
    """Return the smallest plan; a line on which opposite balls are apart needs no other check of the points."""
    plus, minus = data.indices(1), data.indices(-1)
    instance = MemorizationInstance(data, "linf", radius, eps, plus, minus, 1)
    plans = [HashedBits(line, smallest_table(line.thresholds)) for line in threshold_lines(instance)]
    return min(plans, key=lambda plan: plan.promised)


def _literals(data: LabelledPoints, radius: Fraction) -> int | None:
    plan = plan_literals(data, radius)
    return None if plan is None else plan.parameters


def _exponents(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the slope of log parameters against log points, least squares, for each dimension."""
    found = {}
    for dim in sorted({row["dim"] for row in rows}):
        pairs = [(math.log(row["points"]), math.log(row["hashed_bits"])) for row in rows if row["dim"] == dim]
        middle = sum(x for x, _ in pairs) / len(pairs), sum(y for _, y in pairs) / len(pairs)
        spread = sum((x - middle[0]) ** 2 for x, _ in pairs)
        if spread:
            found[str(dim)] = round(sum((x - middle[0]) * (y - middle[1]) for x, y in pairs) / spread, 3)
    return found


def _cells(row: dict[str, Any]) -> list[str]:
    sizes = [row[name] for name in ("changes", "hashed_bits", "line", "literals", "worst_case")]
    shown = ["-" if size is None else f"{size:,}" for size in sizes]
    return [f"{row['points']:,} x {row['dim']}", *shown, seconds_text(row["plan"]), seconds_text(row["decide"])]


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[1000, 10_000, 100_000], metavar="N")
    parser.add_argument("--dims", type=int, nargs="+", default=[2, 5, 10], metavar="D")
    parser.add_argument("--reach", action="store_true", help="largest radii instead of sizes")
    parser.add_argument("--norms", nargs="+", default=["linf", "l2"], choices=["linf", "l2", "l1"], help="with --reach")
    parser.add_argument("--most-decided", type=int, default=1000, metavar="N", help="decide up to this many points")
    parser.add_argument("--most-literals", type=int, default=10_000, metavar="N", help="count literals up to here")
    parser.add_argument("--most-separated", type=int, default=10_000, metavar="N", help="exact separation up to here")
    parser.add_argument("--seed", type=int, default=0, help="of the points")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for hashing.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
