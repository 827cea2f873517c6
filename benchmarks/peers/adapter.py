"""What every peer adapter shares: read the jobs, time the tool on each ball, print JSON lines.

An adapter runs in an interpreter of its own, which has the tool, numpy and onnx but not this
project. It is killed from outside when it exceeds a limit, and is then started again behind
the ball it died on.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Any

from onnx_layers import Layer, read_layers


@dataclass(frozen=True)
class Ball:
    """A closed l-infinity ball in integers, and the label that must hold on it.

    Attributes:
        lower: smallest coordinates times ``unit``.
        upper: largest coordinates times ``unit``.
        unit: common denominator.
        label: -1 or +1; the property is ``label * f(x) > 0`` on the ball.
    """

    lower: tuple[int, ...]
    upper: tuple[int, ...]
    unit: int
    label: int

    def sides(self) -> list[tuple[float, float]]:
        """Return the coordinates' bounds, each the nearest float64."""
        return [(low / self.unit, high / self.unit) for low, high in zip(self.lower, self.upper, strict=True)]


@dataclass(frozen=True)
class Job:
    """One ONNX file and the balls to decide on it."""

    network: list[Layer]
    balls: list[Ball]

    def listed(self) -> list[Layer]:
        """Return the network with its nonzeros listed, so that this counts as reading."""
        for layer in self.network:
            assert layer.starts[-1] == len(layer.entries[0])
        return self.network


Solver = Callable[[Ball], str]
Batch = Callable[[list[Ball]], list[str]]


@dataclass(frozen=True)
class Prepared:
    """A tool with a network loaded: decides one ball, and perhaps many at once."""

    solve: Solver
    batch: Batch | None = None


def serve(module: str, distribution: str, prepare: Callable[[Job, argparse.Namespace], Prepared]) -> None:
    """Run the adapter: answer every ball of the jobs file, one JSON line each.

    Args:
        module: import name of the tool; without it the adapter says so and ends.
        distribution: its distribution, for the version.
        prepare: builds the tool's view of a network; ``options.seconds`` is the limit a ball.
    """
    options = _options()
    for needed in ("onnx", module):
        try:
            importlib.import_module(needed)
        except ImportError as error:
            return emit(event="missing", module=needed, reason=str(error))
    if options.memory:
        resource.setrlimit(resource.RLIMIT_AS, (options.memory, options.memory))
    emit(event="start", version=metadata.version(distribution))
    jobs = json.loads(Path(options.jobs).read_text(encoding="utf-8"))
    for number in range(options.job, len(jobs)):
        _run(number, jobs[number], options.place if number == options.job else 0, prepare, options)
    return emit(event="end")


def emit(**fields: Any) -> None:
    """Print one line for the process that waits."""
    print(json.dumps(fields), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("jobs", help="JSON list of objects: onnx, scale, radius, points, labels, sample, batch")
    parser.add_argument("--seconds", type=float, default=60.0, help="limit for one ball")
    parser.add_argument("--memory", type=int, default=0, help="limit of the address space, bytes")
    parser.add_argument("--job", type=int, default=0, help="job to start at")
    parser.add_argument("--place", type=int, default=0, help="ball of that job to start at")
    parser.add_argument("--variant", default="", help="method of a tool that has several")
    return parser.parse_args()


def _run(number: int, entry: dict[str, Any], place: int, prepare: Any, options: argparse.Namespace) -> None:
    started = time.perf_counter()
    try:
        balls = [ball_of(entry, index) for index in range(len(entry["points"]))]
        prepared = prepare(Job(read_layers(entry["onnx"]), balls), options)
    except Exception as error:
        return emit(event="unread", job=number, reason=_reason(error))
    emit(event="read", job=number, seconds=time.perf_counter() - started)
    sampled = entry["sample"]
    for index in range(place, len(sampled)):
        verdict, seconds, reason = _timed(prepared.solve, balls[sampled[index]])
        emit(event="ball", job=number, place=index, verdict=verdict, seconds=seconds, reason=reason)
    if entry["batch"] and prepared.batch is not None:
        verdicts, seconds, reason = _timed(prepared.batch, balls)
        return emit(event="batch", job=number, verdicts=verdicts, seconds=seconds, reason=reason)
    return emit(event="done", job=number)


def _timed(work: Any, argument: Any) -> tuple[Any, float, str]:
    started = time.perf_counter()
    try:
        verdict, reason = work(argument), ""
    except Exception as error:
        verdict, reason = "error", _reason(error)
    return verdict, time.perf_counter() - started, reason


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def ball_of(entry: dict[str, Any], index: int) -> Ball:
    """Return one ball of a job in integers."""
    radius, scale = Fraction(entry["radius"]), entry["scale"]
    factor = radius.denominator
    reach = radius.numerator * scale
    centre = [int(value) * factor for value in entry["points"][index]]
    return Ball(
        lower=tuple(value - reach for value in centre),
        upper=tuple(value + reach for value in centre),
        unit=scale * factor,
        label=entry["labels"][index],
    )
