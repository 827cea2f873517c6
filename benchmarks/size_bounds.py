"""Certified size bounds: time, re-check, and beside them the same search in doubles.

The doubles evaluate the largest term of the same count with ``scipy.special.gammaln``: no
rounding is watched, as in a quick script. ``off`` is their size minus the certified one.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from benchmarks.common import machine, median, print_table, write_json
from verify.capacity.size_bound import SizeBound, certified_size_bound
from verify.certificate import count_checker

CASES = (("1/2", 15), ("1/2", 21), ("1/4", 16), ("1/4", 24), ("1/4", 32), ("1/8", 16), ("1/8", 32), ("1/8", 64))
LARGE = ("1/8", 1000)
ERROR = Fraction(1, 10)


def points_of(eps: str, dim: int) -> int:
    """Return the points of the linearly separable grid."""
    return (math.floor(1 / (2 * Fraction(eps))) + 1) ** (dim - 1)


def size_in_doubles(points: int, dim: int, error: float) -> int | None:
    """Return the same largest size by bisection over doubles, ``None`` where they overflow."""
    from scipy.special import gammaln

    def binomial(above: float, below: float) -> float:
        return float(
            gammaln(float(above + 1)) - gammaln(float(below + 1)) - gammaln(float(above - below + 1))
        ) / math.log(2)

    try:
        m = float(points)
        budget = m - binomial(m, math.floor(error * m))
    except (OverflowError, ValueError):
        return None

    def bits(size: float) -> float:
        units = float(size // 2)
        places = (units + 1) * (dim + 1) + units * (units + 1) / 2
        free = size - units
        return binomial(places, size) + units + 1 + free * (math.log2(2 * math.e * m * (units + 1) / free) + units + 1)

    low, high = 1, 4 * math.isqrt(points) + 4
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if bits(float(middle)) < budget else (low, middle)
    return low


def timed(run, repeats: int):  # type: ignore[no-untyped-def]
    """Return the last result and the median seconds of several runs."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - started)
    return result, median(seconds)


def measure(eps: str, dim: int, repeats: int, folder: Path) -> dict[str, object]:
    """Return the figures of one case."""
    points = points_of(eps, dim)
    bound, ours = timed(lambda: certified_size_bound(points, dim, ERROR), repeats)
    assert isinstance(bound, SizeBound)
    doubles, theirs = timed(lambda: size_in_doubles(points, dim, float(ERROR)), repeats)
    path = bound.certificate(folder / "certificate.json")
    _, recheck = timed(lambda: count_checker.check(path), repeats)
    return {
        "eps": eps,
        "dim": dim,
        "size": str(bound.size),
        "evidence": bound.evidence,
        "seconds": ours,
        "recheck": recheck,
        "doubles": None if doubles is None else str(doubles),
        "doubles_seconds": theirs,
        "off": None if doubles is None else str(doubles - bound.size),
    }


def _row(entry: dict[str, object]) -> list[str]:
    size, off = int(str(entry["size"])), entry["off"]
    wrong = (
        "overflow"
        if off is None
        else f"{float(int(str(off))):+.3g}"
        if abs(int(str(off))) > 10**6
        else f"{int(str(off)):+d}"
    )
    shown = f"{size:,}" if size < 10**12 else f"{float(size):.5e}" if size < 10**300 else f"10^{len(str(size)) - 1}"
    seconds, theirs = float(str(entry["seconds"])), float(str(entry["doubles_seconds"]))
    ratio = "-" if off is None else f"{seconds / theirs:.1f}"
    return [
        f"{entry['eps']}",
        f"{entry['dim']}",
        shown,
        f"{seconds:.4f}",
        f"{float(str(entry['recheck'])):.4f}",
        ratio,
        wrong,
    ]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="runs of each, the median counts (default 5)")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for size_bounds.json")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        entries = [measure(eps, dim, options.repeats, Path(place)) for eps, dim in (*CASES, LARGE)]
        million = certified_size_bound(10**6, 21, ERROR, mode="exact")
        _, exact = timed(lambda: certified_size_bound(10**6, 21, ERROR, mode="exact"), 1)
        path = million.certificate(Path(place) / "million.json")
        _, plain = timed(lambda: count_checker.check(path), 1)
    columns = ["eps", "d", "too small", "seconds", "re-check", "times doubles", "doubles off by"]
    print_table("Certified size bounds, error 1/10", columns, [_row(entry) for entry in entries])
    print(
        f"integers at 10^6 points: size {million.size} in {exact:.2f} s, re-checked in plain integers in {plain:.2f} s"
    )
    document = {"machine": machine(), "cases": entries, "million": {"seconds": exact, "recheck": plain}}
    write_json(options.folder, "size_bounds", document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
