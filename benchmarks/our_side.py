"""Our own answers on the ONNX files that the peers get, and the certificates behind them."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common import median, timed

if TYPE_CHECKING:
    from constructions import LabelledPoints, ReluNetwork


@dataclass(frozen=True)
class DigitsCase:
    """A memorizer of the digits, as a file.

    Attributes:
        name: as in the tables and on the command line.
        build: the construction.
        radius: of the balls, l-infinity.
    """

    name: str
    build: Callable[[LabelledPoints, str], ReluNetwork]
    radius: str


@dataclass(frozen=True)
class OurRun:
    """Our time and answers on one file.

    Attributes:
        read_seconds: to read the ONNX file.
        all_seconds: all balls in one call, median of the warm runs.
        ball_seconds: a call for one ball, median over the sampled ones.
        first_seconds: the first call, which compiles or loads compiled code.
        status: one per ball.
        rechecked: what the checker of certificates says.
        recheck_seconds: and its time.
    """

    read_seconds: float
    all_seconds: float
    ball_seconds: float
    first_seconds: float
    status: tuple[str, ...]
    rechecked: str
    recheck_seconds: float


def digits_cases() -> dict[str, DigitsCase]:
    """Return the cases by name."""
    from constructions import memorize_with_box_bumps, memorize_with_literals

    cases = (
        DigitsCase("literals-3/32", memorize_with_literals, "3/32"),
        DigitsCase("box-3/32", memorize_with_box_bumps, "3/32"),
        DigitsCase("box-7/64", memorize_with_box_bumps, "7/64"),
    )
    return {case.name: case for case in cases}


def sample_of(count: int, size: int) -> list[int]:
    """Return ``size`` indices spread evenly over ``range(count)``."""
    size = min(size, count)
    return sorted({(2 * place + 1) * count // (2 * size) for place in range(size)})


def job_of(data: LabelledPoints, radius: str, path: Path, sample: list[int]) -> dict[str, Any]:
    """Return the same balls as a job of the peers."""
    return {
        "onnx": str(path),
        "scale": data.scale,
        "radius": radius,
        "points": data.numerators.tolist(),
        "labels": list(data.labels),
        "sample": sample,
        "batch": True,
    }


def run_ours(path: Path, data: LabelledPoints, radius: Any, sample: list[int], runs: int) -> OurRun:
    """Read the file, decide every ball, certify and re-check; warm times are medians."""
    import verify
    from constructions import ReluNetwork

    read_seconds, network = timed(lambda: ReluNetwork.from_onnx(path))
    first_seconds, result = timed(lambda: verify.robust_error(network, data, "linf", radius))
    warm = [timed(lambda: verify.robust_error(network, data, "linf", radius))[0] for _ in range(runs)]
    alone = [data.subset([index]) for index in sample]
    single = [timed(partial(verify.robust_error, network, one, "linf", radius))[0] for one in alone]
    with tempfile.TemporaryDirectory() as folder:
        certificate = result.certificate(Path(folder) / "certificate.json")
        recheck_seconds, sentence = timed(lambda: verify.recheck(certificate))
    return OurRun(read_seconds, median(warm), median(single), first_seconds, result.status, sentence, recheck_seconds)


def boundary_status(path: Path, point: tuple[Fraction, ...], label: int, radius: Fraction) -> str:
    """Return our answer on one ball of a small file, its certificate re-checked."""
    from constructions import LabelledPoints

    scale = math.lcm(*(value.denominator for value in point))
    data = LabelledPoints.of([[int(value * scale) for value in point]], [label], scale=scale)
    return run_ours(path, data, radius, [], 0).status[0]
