"""Growth of the bit-extraction network with the grid, from labels to a re-checked certificate.

The grid is {0, 1}^axes with random labels, the radius 1/4; each size runs in a process of
its own, its kernels loaded beforehand. Beside the decision stands one exact evaluation of the
network at all centres, in the same blocks: what is needed even without balls.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import verify
from benchmarks.common import (
    machine,
    peak_bytes,
    print_table,
    progress,
    seconds_text,
    size_text,
    timed,
    write_json,
)
from benchmarks.memory import PeakOf
from constructions import LabelledPoints, ReluNetwork
from constructions.classifiers.bit_extraction import classify_grid_by_bit_extraction
from constructions.classifiers.grid_index import GridBalls

Result = TypeVar("Result")

STAGES = ("build", "decide", "certify", "recheck", "plain recheck", "centres")
RADIUS = Fraction(1, 4)
BLOCK = 1024
CHECKER = Path(__file__).resolve().parents[1] / "verify" / "certificate" / "checker.py"


def measure(axes: int, most_recheck: int, most_centres: int, folder: Path) -> dict[str, Any]:
    """Build, decide, certify and re-check one size; stages beyond their limit are left out."""
    seconds: dict[str, float | None] = dict.fromkeys(STAGES)

    def stage(name: str, work: Callable[[], Result]) -> Result:
        seconds[name], result = timed(work)
        return result

    balls = GridBalls.of(dim=axes + 1, axes=axes, steps=1, radius=RADIUS)
    labels = np.random.RandomState(axes).choice([-1, 1], balls.count)
    indices = np.arange(balls.count)
    points = np.stack([*(indices >> axis & 1 for axis in range(axes)), labels], axis=1)
    data = LabelledPoints.of(points, labels)
    network = stage("build", lambda: classify_grid_by_bit_extraction(labels, balls))
    result = stage("decide", lambda: verify.robust_error(network, data, "linf", RADIUS))
    facts = {
        "points": balls.count,
        "nonzero": network.size.nonzero,
        "depth": network.size.depth,
        "weight_bits": network.size.weight_bits,
        "upper": str(result.upper),
        "methods": sorted({result.method(index) for index in range(balls.count)}),
        "peak_bytes_after_decide": peak_bytes(),
    }
    path = stage("certify", lambda: result.certificate(folder / "certificate.json"))
    facts["certificate_bytes"] = sum(file.stat().st_size for file in folder.iterdir())
    if balls.count <= most_recheck:
        facts["rechecked"] = stage("recheck", lambda: verify.recheck(path))
        stage(
            "plain recheck",
            lambda: subprocess.run([sys.executable, "-I", CHECKER, path], check=True, stdout=subprocess.DEVNULL),
        )
    if balls.count <= most_centres:
        right = stage("centres", lambda: _right_at_centres(network, data))
        assert right == (result.upper == 0), "the centres contradict the decision"
    return {**facts, "seconds": seconds}


def _right_at_centres(network: ReluNetwork, data: LabelledPoints) -> bool:
    """Return whether the network is right at every centre, evaluated exactly in blocks."""
    right = True
    for start in range(0, len(data), BLOCK):
        values = network.numerators_at(data.numerators[start : start + BLOCK], data.scale)[:, 0]
        right = right and bool((values * data.label_array[start : start + BLOCK] > 0).all())
    return right


def run_size(axes: int, options: argparse.Namespace) -> dict[str, Any]:
    """Measure one size in a process of its own.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    limits = [str(options.most_recheck), str(options.most_centres)]
    command = [sys.executable, "-m", "benchmarks.bit_extraction", "--only", str(axes), *limits]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, PeakOf(process) as watch:
        output, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    found: dict[str, Any] = json.loads(output)
    found["peak_bytes"] = watch.peak
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measure every size, smallest first; return 1 when a ball is left undecided."""
    options = _options(arguments)
    if options.only is not None:
        _print_one(*options.only)
        return 0
    started = time.monotonic()
    found: list[dict[str, Any]] = []
    document: dict[str, Any] = {"machine": machine(), "radius": str(RADIUS), "sizes": found}
    for axes in sorted(options.axes):
        if options.budget_seconds is not None and time.monotonic() - started > options.budget_seconds:
            break
        progress(f"bit extraction: {2**axes:,} points")
        found.append(run_size(axes, options))
        write_json(options.folder, "bit_extraction", document)
    _print(document)
    return 0 if all(size["upper"] == "0" for size in found) else 1


def _print_one(axes: int, most_recheck: int, most_centres: int) -> None:
    """Warm up on a small size, measure, print one JSON object."""
    with tempfile.TemporaryDirectory() as folder:
        measure(9, 0, 0, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(axes, most_recheck, most_centres, Path(folder))))


def _print(document: dict[str, Any]) -> None:
    rows = [
        [f"{size['points']:,}", f"{size['nonzero']:,}", size["depth"], size["weight_bits"], size["upper"]]
        + [seconds_text(size["seconds"][stage]) for stage in STAGES]
        + [_ratio(size["seconds"]), size_text(size["peak_bytes_after_decide"])]
        for size in document["sizes"]
    ]
    columns = ["points", "parameters", "depth", "bits", "error", *STAGES, "decide / centres", "peak"]
    notes = [
        f"grid {{0, 1}}^axes, random labels, l-infinity radius {document['radius']}; seconds, warm",
        f"{document['machine']['cores']} cores, load {document['machine']['load_at_start']} at the start",
        "centres: one exact evaluation of the network at all centres, without balls; peak: memory once decided",
    ]
    print_table("Growth of the bit-extraction network", columns, rows, notes)


def _ratio(seconds: dict[str, float | None]) -> str:
    decide, centres = seconds["decide"], seconds["centres"]
    return "-" if decide is None or centres is None else f"{decide / centres:.2g}"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--axes", type=int, nargs="+", default=[10, 12, 14, 16], help="log2 of the points; up to 20")
    parser.add_argument("--most-recheck", type=int, default=2**14, metavar="N", help="re-check up to this many points")
    parser.add_argument("--most-centres", type=int, default=2**16, metavar="N", help="evaluate all centres up to here")
    parser.add_argument("--budget-seconds", type=float, help="start no size after this many seconds")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for bit_extraction.json")
    parser.add_argument("--only", type=int, nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
