"""The optimal robust error of the digits and of random points, beside one float64 product of the two classes."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common import (
    machine,
    median,
    peak_bytes,
    print_table,
    progress,
    seconds_text,
    size_text,
    timed,
    write_json,
)

if TYPE_CHECKING:
    from constructions import LabelledPoints

_SAMPLE = 200
_LEVELS = 256
_COLUMNS = (
    "points",
    "norm",
    "share",
    "conflicts",
    "value",
    "seconds",
    "CPU s",
    "product",
    "ratio",
    "curve",
    "recheck",
    "peak",
)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the tables, write optimal_error.json; 1 if a certificate or the curve disagrees."""
    options = _options(arguments)
    _warm_up()
    rows = []
    if options.large is None:
        from constructions import load_data

        for spec in ("digits:3-8", "digits:even-odd"):
            rows += [_row(load_data(spec), spec, norm, Fraction(1, 100), True) for norm in options.norms]
    for points, dim in _sizes(options):
        data = _random(points, dim, options.seed)
        for norm in options.norms:
            for share in options.shares:
                curve = options.large is None and points <= options.most_curve and share == options.shares[0]
                rows.append(_row(data, f"{points:,} x {dim}", norm, share, curve, recheck=False))
    notes = [] if options.large else [f"growth {name}: {value}" for name, value in _exponents(rows).items()]
    print_table("Optimal robust error", _COLUMNS, [_cells(row) for row in rows], notes)
    name = "optimal_error" if options.large is None else "optimal_error_large"
    write_json(options.folder, name, {"machine": machine(), "rows": rows, "growth": _exponents(rows)})
    return int(any(row["agrees"] is False for row in rows))


def _sizes(options: argparse.Namespace) -> list[tuple[int, int]]:
    if options.large is not None:
        return [(options.large[0], options.large[1])]
    by_points = [(points, options.dims[0]) for points in options.points]
    return by_points + [(options.points[0], dim) for dim in options.dims[1:]]


def _random(points: int, dim: int, seed: int) -> LabelledPoints:
    """Return random bytes as points over one scale, the labels drawn as well."""
    import numpy as np

    from constructions import LabelledPoints

    stream = np.random.RandomState(seed)
    numerators = stream.randint(0, _LEVELS, size=(points, dim)).astype(np.uint8)
    return LabelledPoints.of(numerators, 1 - 2 * stream.randint(0, 2, size=points), scale=_LEVELS - 1)


def _warm_up() -> None:
    """Compile every kernel on a few points."""
    import verify

    for norm in ("linf", "l1", "l2"):
        data = _random(20, 3, 1)
        verify.optimal_robust_error(data, norm, 1)
        verify.optimal_error_curve(data, norm)


def _row(
    data: LabelledPoints, name: str, norm: str, share: Fraction, curve: bool, recheck: bool = True
) -> dict[str, Any]:
    """Return one row: the radius at which about this share of the opposite pairs is in conflict."""
    import verify

    progress(f"{name}, {norm}, {share}")
    radius = _radius(data, norm, share)
    before = time.process_time()
    seconds, found = timed(lambda: verify.optimal_robust_error(data, norm, radius))
    work = time.process_time() - before
    product = median([_product_work(data) for _ in range(3)])
    row: dict[str, Any] = {
        "points": name,
        "count": len(data),
        "dim": data.dim,
        "norm": norm,
        "share": str(share),
        "radius": str(radius),
        "conflicts": found.conflicts,
        "value": str(found.value),
        "seconds": seconds,
        "cpu": work,
        "product": product,
        "ratio": work / product,
        "curve": None,
        "recheck": None,
        "agrees": None,
    }
    if curve:
        row["curve"], steps = timed(lambda: verify.optimal_error_curve(data, norm))
        row["jumps"], row["agrees"] = len(steps.radii) - 1, steps.at(radius) == found.value
    if recheck:
        with tempfile.TemporaryDirectory() as folder:
            path = found.certificate(Path(folder) / "certificate.json")
            row["recheck"], sentence = timed(lambda: verify.recheck(path))
            row["agrees"] = row["agrees"] is not False and f"is {found.value}:" in sentence
    row["peak"] = peak_bytes()
    return row


def _radius(data: LabelledPoints, norm: str, share: Fraction) -> Fraction:
    """Return a radius at which about this share of the pairs of a sample is in conflict."""
    import numpy as np

    from constructions.exact.opposite_distances import opposite_distances

    plus, minus = data.indices(1)[:_SAMPLE], data.indices(-1)[:_SAMPLE]
    distances = np.sort(opposite_distances(data.numerators[plus], data.numerators[minus], norm), axis=None)
    chosen = int(distances[int(share * (len(distances) - 1))])
    if norm == "l2":
        return Fraction(math.isqrt(chosen * 2**20) + 1, 2 * 2**10 * data.scale)
    return Fraction(chosen, 2 * data.scale)


def _product_work(data: LabelledPoints) -> float:
    """Return the CPU seconds of one float64 product of all points of one class with all of the other."""
    import numpy as np

    first = data.numerators[data.indices(1)].astype(np.float64)
    second = data.numerators[data.indices(-1)].astype(np.float64)
    before = time.process_time()
    first @ second.T
    return time.process_time() - before


def _exponents(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return slopes of log CPU seconds against log points and log dimension, least squares, for each norm."""
    found = {}
    random = [row for row in rows if not row["points"].startswith("digits")]
    first = random[:1]
    for norm in sorted({row["norm"] for row in random}):
        same = [row for row in random if row["norm"] == norm and row["share"] == first[0]["share"]]
        for quantity, other in (("count", "dim"), ("dim", "count")):
            pairs = [(math.log(r[quantity]), math.log(r["cpu"])) for r in same if r[other] == first[0][other]]
            mean = [sum(column) / len(pairs) for column in zip(*pairs, strict=True)]
            spread = sum((x - mean[0]) ** 2 for x, _ in pairs)
            if spread:
                slope = sum((x - mean[0]) * (y - mean[1]) for x, y in pairs) / spread
                found[f"{norm} in {'N' if quantity == 'count' else 'd'}"] = round(slope, 2)
    return found


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        row["points"],
        row["norm"],
        row["share"],
        f"{row['conflicts']:,}",
        f"{float(Fraction(row['value'])):.4f}",
        seconds_text(row["seconds"]),
        seconds_text(row["cpu"]),
        seconds_text(row["product"]),
        f"{row['ratio']:.1f}",
        seconds_text(row["curve"]),
        seconds_text(row["recheck"]),
        size_text(row["peak"]),
    ]


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[2500, 5000, 10_000], metavar="N")
    parser.add_argument("--dims", type=int, nargs="+", default=[64, 128, 256], metavar="D", help="the first for all N")
    parser.add_argument("--norms", nargs="+", default=["linf", "l1", "l2"], choices=["linf", "l1", "l2"])
    parser.add_argument(
        "--shares", type=Fraction, nargs="+", default=[Fraction(1, 1000), Fraction(1, 2)], help="of pairs in conflict"
    )
    parser.add_argument("--most-curve", type=int, default=10_000, metavar="N", help="curves up to this many points")
    parser.add_argument("--large", type=int, nargs=2, metavar=("N", "D"), help="only this size, without a curve")
    parser.add_argument("--seed", type=int, default=0, help="of the points")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for optimal_error.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
