"""One size of the growth benchmark, in a process of its own; prints one JSON object."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import verify
from benchmarks.common import peak_bytes, progress, timed
from benchmarks.plain_loops import count_touching, smallest_distance
from constructions import LabelledPoints, ReluNetwork, load_data
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.instance import half_separation

Result = TypeVar("Result")


@dataclass(frozen=True)
class Case:
    """One size.

    Attributes:
        points: how many.
        dim: of the points.
        ratio: radius over half the separation.
        norm: of the balls.
        construction: of the network.
    """

    points: int
    dim: int
    ratio: Fraction
    norm: str
    construction: str


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


def measure(case: Case, folder: Path, quiet: bool = False) -> dict[str, Any]:
    """Go from a data name to a re-checked certificate, and time the plain loops or products beside it."""
    stages = Stages(quiet)
    data = stages.run("load", lambda: load_data(f"random:n={case.points},d={case.dim},levels=256,seed=0"))
    closest = stages.run("separation", lambda: data.closest_opposite_pairs(case.norm))
    assert closest is not None, "random data have two labels"
    radius = case.ratio * half_separation(closest.distance, case.norm)
    facts = {**asdict(case), "ratio": str(case.ratio), "separation": str(closest.distance), "radius": str(radius)}
    network = stages.run("build", lambda: _build(case, data, radius))
    if network is None:
        return {**facts, "applies": False, "seconds": stages.seconds, "peak_bytes_after": stages.peaks}
    result = stages.run("decide", lambda: verify.robust_error(network, data, case.norm, radius))
    facts |= {
        "applies": True,
        "nonzero": network.size.nonzero,
        "units": network.size.units,
        "lower": str(result.lower),
        "upper": str(result.upper),
    }
    if case.norm == "linf":
        path = stages.run("certify", lambda: result.certificate(folder / "certificate.json"))
        facts["certificate_bytes"] = sum(file.stat().st_size for file in folder.iterdir())
        facts["rechecked"] = stages.run("recheck", lambda: verify.recheck(path))
        _plain(stages, data, radius, closest.distance)
    else:
        first, second = (data.numerators[data.indices(label)].astype(float) for label in (-1, 1))
        stages.run("plain decide", lambda: float((first @ second.T).max()))
    return {**facts, "seconds": stages.seconds, "peak_bytes_after": stages.peaks}


def _build(case: Case, data: LabelledPoints, radius: Fraction) -> ReluNetwork | None:
    """Return the network; ``None`` where the construction does not apply."""
    (entry,) = constructions_for(case.norm, case.construction)
    plan = (entry.plan_at_any_cost or entry.plan)(data, radius, None, case.norm, None)
    return None if plan is None else plan.build()


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
    parser.add_argument("norm")
    parser.add_argument("construction")
    case = Case(**vars(parser.parse_args(arguments)))
    with tempfile.TemporaryDirectory() as folder:
        measure(replace(case, points=48, dim=8), Path(folder), quiet=True)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(case, Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
