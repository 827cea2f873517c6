"""Deciding all l2 balls of the digits beside one matrix product of the points, and one large random instance."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
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
    from constructions import LabelledPoints, ReluNetwork

    Builder = Callable[[LabelledPoints, Any], ReluNetwork]

MOST_RATIO = 3


def builders() -> dict[str, Builder]:
    """Return the constructions measured, by name."""
    from constructions.memorizers.cuts import memorize_with_cuts
    from constructions.memorizers.sawtooth import memorize_with_kinks, memorize_with_sawtooth
    from constructions.memorizers.shared_square import memorize_with_shared_square

    return {
        "shared square": memorize_with_shared_square,
        "cuts": memorize_with_cuts,
        "kinks": memorize_with_kinks,
        "sawtooth": memorize_with_sawtooth,
    }


def half_distance(data: LabelledPoints) -> Any:
    """Return eps: half the smallest distance of opposite points, rounded down."""
    from constructions.memorizers.instance import half_separation

    closest = data.closest_opposite_pairs("l2")
    assert closest is not None
    return half_separation(closest.distance, "l2")


def product_seconds(data: LabelledPoints, runs: int) -> list[float]:
    """Return the seconds of float64 products of the points with all points."""
    import numpy as np

    points = data.numerators.astype(np.float64)
    return [timed(lambda: points @ points.T)[0] for _ in range(runs + 1)][1:]


def decide_seconds(network: ReluNetwork, data: LabelledPoints, radius: Any, runs: int) -> dict[str, Any]:
    """Return warm medians of the decision by each method, beside products taken in turns with them."""
    import verify

    found: dict[str, Any] = {}
    for method in ("auto", "separable"):
        products, decisions = [], []
        result = verify.robust_error(network, data, "l2", radius, method)
        for _ in range(runs):
            products += product_seconds(data, 1)
            decisions.append(timed(lambda method=method: verify.robust_error(network, data, "l2", radius, method))[0])
        found[method] = {
            "seconds": median(decisions),
            "product_seconds": median(products),
            "ratio": median(decisions) / median(products),
            "upper": str(result.upper),
            "margin": str(result.smallest_margin),
        }
        found["result"] = result if method == "auto" else found["result"]
    return found


def measure(name: str, build: Builder, data: LabelledPoints, radius: Any, runs: int) -> dict[str, Any]:
    """Return sizes, times and answers of one construction."""
    import verify

    progress(f"l2_decision: {name}")
    built, network = timed(lambda: build(data, radius))
    found = {"nonzero": network.size.nonzero, "build_seconds": built, **decide_seconds(network, data, radius, runs)}
    with tempfile.TemporaryDirectory() as folder:
        result = found.pop("result")
        found["certify_seconds"], path = timed(lambda: result.certificate(Path(folder) / "certificate.json"))
        found["recheck_seconds"], found["rechecked"] = timed(lambda: verify.recheck(path))
    return found


def measure_large(count: int, dim: int, levels: int) -> dict[str, Any]:
    """Return the times of a random instance from separation to re-check, and the memory it took."""
    import verify
    from constructions import load_data
    from constructions.memorizers.shared_square import memorize_with_shared_square

    found: dict[str, Any] = {"points": count, "dim": dim, "levels": levels}
    spec = f"random:n={count},d={dim},levels={levels},seed=0"
    found["load_seconds"], data = timed(lambda: load_data(spec))
    found["separation_seconds"], eps = timed(lambda: half_distance(data))
    found["product_seconds"] = product_seconds(data, 1)[0]
    radius = eps / 2
    found["build_seconds"], network = timed(lambda: memorize_with_shared_square(data, radius))
    found["nonzero"] = network.size.nonzero
    progress(f"l2_decision: {spec}: {found}")
    found["decide_seconds"], result = timed(lambda: verify.robust_error(network, data, "l2", radius))
    found |= {"upper": str(result.upper), "margin": str(result.smallest_margin)}
    progress(f"l2_decision: decided in {found['decide_seconds']:.1f} s")
    with tempfile.TemporaryDirectory() as folder:
        found["certify_seconds"], path = timed(lambda: result.certificate(Path(folder) / "certificate.json"))
        found["certificate_bytes"] = sum(part.stat().st_size for part in Path(folder).iterdir())
        progress(f"l2_decision: certified in {found['certify_seconds']:.1f} s")
        found["recheck_seconds"], found["rechecked"] = timed(lambda: verify.recheck(path))
    return {**found, "peak_bytes": peak_bytes()}


def main(arguments: list[str] | None = None) -> int:
    """Measure; return 1 when an answer is wrong or the shared square takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratio", default="1/2", help="radius over half the separation (default 1/2)")
    parser.add_argument("--runs", type=int, default=15, help="warm runs, of which the median is shown (default 15)")
    parser.add_argument("--only", nargs="*", help="constructions to measure, all by default")
    parser.add_argument("--large", nargs=3, type=int, metavar=("N", "D", "LEVELS"), help="one random instance instead")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for the JSON file")
    options = parser.parse_args(arguments)
    start = machine()
    if options.large:
        found = measure_large(*options.large)
        stages = ("load", "separation", "product", "build", "decide", "certify", "recheck")
        rows = [[stage, seconds_text(found[f"{stage}_seconds"])] for stage in stages]
        print_table(
            "One random instance", ("stage", "seconds"), rows, [f"peak memory {size_text(found['peak_bytes'])}"]
        )
        write_json(options.folder, "l2_decision_large", {"machine": start, **found})
        return 0 if found["upper"] == "0" and found["margin"] == "1" else 1
    return _digits(options, start)


def _digits(options: argparse.Namespace, start: dict[str, Any]) -> int:
    from fractions import Fraction

    from constructions import load_data

    data = load_data("digits:even-odd")
    radius = half_distance(data) * Fraction(options.ratio)
    chosen = {name: build for name, build in builders().items() if options.only is None or name in options.only}
    results = {name: measure(name, build, data, radius, options.runs) for name, build in chosen.items()}
    rows = [
        [name, f"{found['nonzero']:,}", found["auto"]["upper"], found["auto"]["margin"]]
        + [f"{1000 * found[method]['seconds']:.1f} ({found[method]['ratio']:.2f})" for method in ("auto", "separable")]
        + [seconds_text(found[f"{stage}_seconds"]) for stage in ("build", "certify", "recheck")]
        for name, found in results.items()
    ]
    columns = ("construction", "parameters", "error", "margin", "auto ms (ratio)", "separable ms (ratio)")
    notes = [f"{len(data)} digits, ratio {options.ratio}; beside a float64 product of the points, measured in turns"]
    print_table("l2 balls of the digits", (*columns, "build", "certify", "recheck"), rows, notes)
    write_json(options.folder, "l2_decision", {"machine": start, "ratio": options.ratio, "results": results})
    exact = all(found["auto"]["upper"] == "0" for found in results.values())
    shared = results.get("shared square")
    quick = shared is None or all(shared[method]["ratio"] <= MOST_RATIO for method in ("auto", "separable"))
    return 0 if exact and quick else 1


if __name__ == "__main__":
    sys.exit(main())
