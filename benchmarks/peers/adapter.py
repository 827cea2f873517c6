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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from onnx_layers import Layer, read_layers


@dataclass(frozen=True)
class Ball:
    """A closed ball in integers, with the box around it, and the label that must hold on it.

    Attributes:
        lower: smallest coordinates times ``unit``.
        upper: largest coordinates times ``unit``.
        unit: common denominator.
        label: -1 or +1 for one output: ``label * f(x) > 0`` on the ball; otherwise the
            place of the output that must exceed every other one.
        centre: of the ball, times ``scale``.
        scale: common denominator of the centre.
        radius: of the ball.
        norm: ``"linf"`` or ``"l2"``.
    """

    lower: tuple[int, ...]
    upper: tuple[int, ...]
    unit: int
    label: int
    centre: tuple[int, ...]
    scale: int
    radius: Fraction
    norm: str = "linf"

    def sides(self) -> list[tuple[float, float]]:
        """Return the coordinates' bounds, each the nearest float64."""
        return [(low / self.unit, high / self.unit) for low, high in zip(self.lower, self.upper, strict=True)]

    def middle(self) -> list[float]:
        """Return the centre, each coordinate the nearest float64."""
        return [value / self.scale for value in self.centre]


@dataclass(frozen=True)
class Job:
    """One ONNX file, its layers and the balls to decide on it."""

    path: str
    network: list[Layer]
    balls: list[Ball]

    def listed(self) -> list[Layer]:
        """Return the network with its nonzeros listed, so that this counts as reading."""
        for layer in self.network:
            assert layer.starts[-1] == len(layer.entries[0])
        return self.network


@dataclass(frozen=True)
class Answer:
    """What a tool says of one ball.

    Attributes:
        verdict: ``robust``, ``violated``, ``unknown`` or ``timeout``.
        point: the counterexample it gives, where it gives one.
        proof: called after the clock has stopped; returns what else there is to report.
    """

    verdict: str
    point: Sequence[Any] | None = None
    proof: Callable[[], dict[str, Any]] | None = None


@dataclass(frozen=True)
class Answers:
    """What a tool says of many balls at once; ``proof`` as in ``Answer``."""

    verdicts: list[str]
    proof: Callable[[], dict[str, Any]] | None = None


Solver = Callable[[Ball], Answer]
Batch = Callable[[list[Ball]], Answers]


@dataclass(frozen=True)
class Prepared:
    """A tool with a network loaded: decides one ball, and perhaps many at once."""

    solve: Solver
    batch: Batch | None = None


def serve(module: str, distribution: str, prepare: Callable[[Job, argparse.Namespace], Prepared]) -> None:
    """Run the adapter: answer every ball of the jobs file, one JSON line each.

    Args:
        module: import name of the tool; without it the adapter says so and ends.
        distribution: its distribution, for the version; ``""`` where it is not installed as one.
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
    own = getattr(importlib.import_module(module), "__version__", "")
    emit(event="start", version=metadata.version(distribution) if distribution else own)
    jobs = json.loads(Path(options.jobs).read_text(encoding="utf-8"))
    for number in range(options.job, len(jobs)):
        _run(number, jobs[number], options.place if number == options.job else 0, prepare, options)
    return emit(event="end")


def each_margin(
    layers: list[Layer], ball: Ball, seconds: float, decide: Callable[[list[Layer], Ball, float], Answer]
) -> Answer:
    """Decide a ball with one query for every margin that must stay positive.

    Args:
        layers: the network.
        ball: the ball.
        seconds: limit of all queries together.
        decide: decides a network with one output whose label is -1 or +1.
    """
    ends, answer = time.perf_counter() + seconds, Answer("robust")
    for network, part in margins(layers, ball):
        left = ends - time.perf_counter()
        found = decide(network, part, left) if left > 0 else Answer("timeout")
        if found.verdict == "violated":
            return found
        if found.verdict != "robust":
            answer = found
    return answer


def margins(layers: list[Layer], ball: Ball) -> list[tuple[list[Layer], Ball]]:
    """Return networks with one output and the ball with the label that each must keep.

    With several outputs there is one network for every other class: the difference of the
    two last rows, in float64.
    """
    last = layers[-1]
    if len(last.bias) == 1:
        return [(layers, ball)]
    weight, bias = last.weight.astype(np.float64), last.bias.astype(np.float64)
    own = ball.label
    return [
        ([*layers[:-1], Layer(weight[own : own + 1] - weight[k : k + 1], bias[own : own + 1] - bias[k : k + 1])], one)
        for one in [replace(ball, label=1)]
        for k in range(len(bias))
        if k != own
    ]


def emit(**fields: Any) -> None:
    """Print one line for the process that waits."""
    print(json.dumps(fields), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("jobs", help="JSON list of objects: onnx, scale, radius, points, labels, sample, batch")
    parser.add_argument("--seconds", type=float, default=60.0, help="limit for one ball")
    parser.add_argument("--batch-seconds", type=float, default=300.0, help="limit for all balls at once")
    parser.add_argument("--memory", type=int, default=0, help="limit of the address space, bytes")
    parser.add_argument("--job", type=int, default=0, help="job to start at")
    parser.add_argument("--place", type=int, default=0, help="ball of that job to start at")
    parser.add_argument("--threads", type=int, default=0, help="threads of a tool that has several; 0 is its default")
    parser.add_argument("--variant", default="", help="method of a tool that has several")
    return parser.parse_args()


def _run(number: int, entry: dict[str, Any], place: int, prepare: Any, options: argparse.Namespace) -> None:
    started = time.perf_counter()
    try:
        balls = [ball_of(entry, index) for index in range(len(entry["points"]))]
        prepared = prepare(Job(entry["onnx"], read_layers(entry["onnx"]), balls), options)
    except Exception as error:
        return emit(event="unread", job=number, reason=_reason(error))
    emit(event="read", job=number, seconds=time.perf_counter() - started)
    sampled = entry["sample"]
    for index in range(place, len(sampled)):
        answer, seconds, reason = _timed(prepared.solve, balls[sampled[index]], Answer("error"))
        about = {"verdict": answer.verdict, "point": _texts(answer.point), "seconds": seconds, "reason": reason}
        emit(event="ball", job=number, place=index, proof=answer.proof is not None, **about)
        _prove(answer)
    if entry["batch"] and prepared.batch is not None:
        answers, seconds, reason = _timed(prepared.batch, balls, Answers([]))
        about = {"verdicts": answers.verdicts or "error", "seconds": seconds, "reason": reason}
        emit(event="batch", job=number, proof=answers.proof is not None, **about)
        return _prove(answers)
    return emit(event="done", job=number)


def _prove(answer: Answer | Answers) -> None:
    if answer.proof is not None:
        found, seconds, reason = _timed(lambda prove: prove(), answer.proof, {})
        emit(event="proof", seconds=seconds, reason=reason, found=found)


def _texts(point: Sequence[Any] | None) -> list[str] | None:
    return None if point is None else [str(value if isinstance(value, str) else Fraction(value)) for value in point]


def _timed(work: Any, argument: Any, failed: Any) -> tuple[Any, float, str]:
    started = time.perf_counter()
    try:
        found, reason = work(argument), ""
    except Exception as error:
        found, reason = failed, _reason(error)
    return found, time.perf_counter() - started, reason


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
        centre=tuple(int(value) for value in entry["points"][index]),
        scale=scale,
        radius=radius,
        norm=entry.get("norm", "linf"),
    )
