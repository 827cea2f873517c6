"""Time and memory of memorizers as the data grow, from points to a re-checked certificate.

Data are random grid points with 256 levels. Each size runs in a process of its own. In
l-infinity, beside the separation and the decision stand the plainest compiled loops that
visit every opposite pair and leave it at the first coordinate that settles it: one thread,
no network. In l2, where certificates are left out, the float64 matrix product of the
coordinates of the two classes stands beside the decision.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks.common import machine, print_table, progress, seconds_text, size_text, write_json
from benchmarks.memory import PeakOf

STAGES = ("load", "separation", "build", "decide", "certify", "recheck")
DEFAULTS = {"linf": ("literals",), "l2": ("cuts", "shared-square", "hash-line")}
MOST_BYTES = 12 * 2**30


def run_size(points: int, dim: int, options: argparse.Namespace, construction: str) -> dict[str, Any]:
    """Measure one size in a process of its own.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    arguments = [str(points), str(dim), str(options.ratio), options.norm, construction]
    command = [sys.executable, "-m", "benchmarks.growth_point", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, PeakOf(process) as watch:
        output, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    found: dict[str, Any] = json.loads(output)
    found["peak_bytes"] = max(watch.peak, *found["peak_bytes_after"].values())
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measure every size, smallest first; return 1 when a promise is not kept."""
    options = _options(arguments)
    sizes = sorted(
        ((n, d) for n in options.points for d in options.dims), key=lambda size: (size[0] ** 2 * size[1], size)
    )
    started = time.monotonic()
    found: list[dict[str, Any]] = []
    left_out: list[list[Any]] = []
    document: dict[str, Any] = {"machine": machine(), "norm": options.norm, "ratio": str(options.ratio)}
    document |= {"sizes": found, "left_out": left_out}
    name = "growth" if options.norm == "linf" else f"growth_{options.norm}"
    for points, dim in sizes:
        for construction in options.constructions or DEFAULTS[options.norm]:
            if options.budget_seconds is not None and time.monotonic() - started > options.budget_seconds:
                left_out.append([points, dim, construction])
                continue
            progress(f"growth: {construction}, {points} points in dimension {dim}")
            found.append(run_size(points, dim, options, construction))
            write_json(options.folder, name, document)
    write_json(options.folder, name, document)
    _print(document)
    kept = all(not size["applies"] or (size["upper"] == "0" and size["peak_bytes"] <= MOST_BYTES) for size in found)
    return 0 if kept else 1


def _print(document: dict[str, Any]) -> None:
    rows = []
    for size in sorted(document["sizes"], key=lambda size: (size["construction"], size["dim"], size["points"])):
        seconds = size["seconds"]
        start = [size["construction"], f"{size['points']:,} x {size['dim']}"]
        if not size["applies"]:
            rows.append([*start, "does not apply", *["-"] * (len(STAGES) + 4)])
            continue
        rows.append(
            [*start, f"{size['nonzero']:,}", size["upper"]]
            + [seconds_text(seconds.get(stage)) for stage in STAGES]
            + [_beside(seconds, stage) for stage in ("separation", "decide")]
            + [size_text(size["peak_bytes"])]
        )
    columns = [
        "construction",
        "points x dim",
        "parameters",
        "error",
        *STAGES,
        "plain separation",
        "plain decide",
        "peak memory",
    ]
    notes = [
        f"random:n,d,levels=256,seed=0; {document['norm']} radius {document['ratio']} of half the separation; seconds",
        f"ours: {document['machine']['cores']} cores; in brackets ours over plain (in l2 a float64 product)",
        "peak memory: of all processes of a size together, its plain loops included",
    ]
    notes += [f"left out, budget spent: {name}, {n} x {d}" for n, d, name in document["left_out"]]
    print_table("Growth of memorizers", columns, rows, notes)


def _beside(seconds: dict[str, float], stage: str) -> str:
    plain = seconds.get(f"plain {stage}")
    if plain is None:
        return "-"
    ratio = seconds[stage] / plain
    return f"{seconds_text(plain)} ({ratio:,.0f})" if ratio >= 10 else f"{seconds_text(plain)} ({ratio:.1f})"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=[100, 1000, 10_000, 60_000], metavar="N")
    parser.add_argument("--dims", type=int, nargs="+", default=[8, 64, 784], metavar="D")
    parser.add_argument("--norm", choices=list(DEFAULTS), default="linf")
    parser.add_argument("--constructions", nargs="+", metavar="NAME", help="by default literals; in l2 three")
    parser.add_argument("--ratio", type=Fraction, default=Fraction(3, 7), help="radius over half the separation")
    parser.add_argument("--budget-seconds", type=float, help="start no size after this many seconds")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for growth.json, in l2 growth_l2.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
