"""One size of the growth benchmark, in a process of its own; prints one JSON object."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import verify
from benchmarks.common import peak_bytes, progress, timed
from benchmarks.plain_loops import count_touching, smallest_distance
from constructions import LabelledPoints, load_data, memorize_with_literals

Result = TypeVar("Result")


class Stages:
    """Seconds and peak memory after each stage, said on stderr as they come."""

    def __init__(self, quiet: bool) -> None:
        self.seconds: dict[str, float] = {}
        self.peaks: dict[str, int] = {}
        self._quiet = quiet

    def run(self, name: str, work: Callable[[], Result]) -> Result:
        """Time one stage."""
        self.seconds[name], result = timed(work)
        self.peaks[name] = peak_bytes()
        if not self._quiet:
            progress(f"  {name}: {self.seconds[name]:.3f} s, peak {self.peaks[name] / 2**20:,.0f} MiB")
        return result


def measure(points: int, dim: int, ratio: Fraction, folder: Path, quiet: bool = False) -> dict[str, Any]:
    """Go from a data name to a re-checked certificate, and time the plain loops beside it."""
    stages = Stages(quiet)
    data = stages.run("load", lambda: load_data(f"random:n={points},d={dim},levels=256,seed=0"))
    separation = stages.run("separation", data.separation)
    assert separation is not None, "random data have two labels"
    radius = ratio * separation / 2
    network = stages.run("build", lambda: memorize_with_literals(data, radius))
    result = stages.run("decide", lambda: verify.robust_error(network, data, "linf", radius))
    path = stages.run("certify", lambda: result.certificate(folder / "certificate.json"))
    facts = {
        "points": points,
        "dim": dim,
        "separation": str(separation),
        "radius": str(radius),
        "nonzero": network.size.nonzero,
        "units": network.size.units,
        "lower": str(result.lower),
        "upper": str(result.upper),
        "certificate_bytes": sum(file.stat().st_size for file in folder.iterdir()),
    }
    facts["rechecked"] = stages.run("recheck", lambda: verify.recheck(path))
    _plain(stages, data, radius, separation)
    return {**facts, "seconds": stages.seconds, "peak_bytes_after": stages.peaks}


def _plain(stages: Stages, data: LabelledPoints, radius: Fraction, separation: Fraction) -> None:
    """Time the plain loops, and check that they agree."""
    numbers = data.numerators.astype(np.int16)
    first, second = (np.ascontiguousarray(numbers[data.indices(label)]) for label in (-1, 1))
    touching = stages.run("plain decide", lambda: count_touching(first, second, int(2 * radius * data.scale)))
    smallest = stages.run("plain separation", lambda: smallest_distance(first, second))
    assert touching == 0, f"{touching} pairs of balls meet"
    assert smallest == separation * data.scale, f"plain separation {smallest}, ours {separation}"


def main(arguments: list[str] | None = None) -> int:
    """Warm up on a small size, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("points", type=int)
    parser.add_argument("dim", type=int)
    parser.add_argument("ratio", type=Fraction)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        measure(48, 8, options.ratio, Path(folder), quiet=True)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(options.points, options.dim, options.ratio, Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
