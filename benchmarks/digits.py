"""Theorem 2.2 on the 1,797 handwritten digits: build, decide, certify and re-check, timed apart."""

from __future__ import annotations

import argparse
import os
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

    Builder = Callable[[LabelledPoints], ReluNetwork]

STAGES = ("separation", "build", "decide", "certify", "recheck")
MOST_LITERAL_PARAMETERS = 5_600


def builders(radius: str) -> dict[str, Builder]:
    """Return the constructions measured, by name."""
    from constructions import memorize_with_box_bumps, memorize_with_literals

    return {
        "literals": lambda data: memorize_with_literals(data, radius),
        "box bumps": lambda data: memorize_with_box_bumps(data, radius),
    }


def one_run(build: Builder, data: LabelledPoints, radius: str, folder: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """Go from points to a re-checked certificate once; return seconds per stage, and facts.

    The points are copied first, so that nothing cached by an earlier run is used.
    """
    import verify
    from constructions import LabelledPoints

    data = LabelledPoints.of(data.numerators, data.label_array, scale=data.scale)
    seconds: dict[str, float] = {}
    seconds["separation"], separation = timed(data.separation)
    seconds["build"], network = timed(lambda: build(data))
    seconds["decide"], result = timed(lambda: verify.robust_error(network, data, "linf", radius))
    seconds["certify"], path = timed(lambda: result.certificate(folder / "certificate.json"))
    seconds["recheck"], sentence = timed(lambda: verify.recheck(path))
    facts = {
        "separation": str(separation),
        "nonzero": network.size.nonzero,
        "units": network.size.units,
        "lower": str(result.lower),
        "upper": str(result.upper),
        "certificate_bytes": path.stat().st_size,
        "rechecked": sentence,
    }
    return seconds, facts


def measure(build: Builder, data: LabelledPoints, radius: str, runs: int) -> dict[str, Any]:
    """Return the first run and the median of the later ones, stage by stage."""
    with tempfile.TemporaryDirectory() as folder:
        first, facts = one_run(build, data, radius, Path(folder))
        later = [one_run(build, data, radius, Path(folder))[0] for _ in range(runs)]
    warm = {stage: median([seconds[stage] for seconds in later]) for stage in STAGES}
    compiling = {stage: max(0.0, first[stage] - warm[stage]) for stage in STAGES}
    return {**facts, "seconds": warm, "compile_seconds": compiling, "runs": later, "peak_bytes": peak_bytes()}


def main(arguments: list[str] | None = None) -> int:
    """Measure both constructions; return 1 when a size or an answer is not as promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--radius", default="3/32", help="exact perturbation radius (default 3/32)")
    parser.add_argument("--runs", type=int, default=5, help="warm runs, of which the median is shown (default 5)")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for digits.json")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as cache:
        # An empty cache, so that the first run compiles: its extra time is the compile time.
        os.environ["NUMBA_CACHE_DIR"] = cache
        return _report(options)


def _report(options: argparse.Namespace) -> int:
    from constructions import load_data, memorize_with_literals

    data = load_data("digits:even-odd")
    results: dict[str, Any] = {}
    for name, build in builders(options.radius).items():
        progress(f"digits: {name}")
        results[name] = measure(build, data, options.radius, options.runs)
    unmerged = memorize_with_literals(data, options.radius, merge=False).size.nonzero
    rows = [
        [name, f"{found['nonzero']:,}", found["upper"]]
        + [seconds_text(found["seconds"][stage]) for stage in STAGES]
        + [seconds_text(sum(found["compile_seconds"].values())), size_text(found["peak_bytes"])]
        for name, found in results.items()
    ]
    columns = ["construction", "parameters", "robust error", *STAGES, "compile", "peak memory so far"]
    notes = [
        f"digits:even-odd, {len(data)} points, l-infinity radius {options.radius}; seconds, median of {options.runs} "
        "warm runs; build includes its checks but not the separation, which is kept",
        f"literals with every first-layer unit of its own: {unmerged:,} parameters",
    ]
    print_table("Handwritten digits, even against odd", columns, rows, notes)
    document = {"machine": machine(), "radius": options.radius, "results": results, "unmerged_literals": unmerged}
    write_json(options.folder, "digits", document)
    kept = all(found["upper"] == "0" for found in results.values())
    small = options.radius != "3/32" or results["literals"]["nonzero"] <= MOST_LITERAL_PARAMETERS
    return 0 if kept and small else 1


if __name__ == "__main__":
    sys.exit(main())
