"""This project as one of the tools: its answers, and the certificates behind them.

Runs in the project's own interpreter. Certificates are written and re-checked after the
clock of the answer has stopped, each step with a clock of its own.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapter import Answer, Answers, Ball, Job, Prepared, serve

if TYPE_CHECKING:
    from constructions import LabelledPoints, ReluNetwork
    from verify.robustness import RobustError

_WARM_UP_SECONDS = 120.0
_PLAIN_SECONDS = 120.0
_MOST_FOR_PLAIN = 2**23


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the solver for one network, compiled code loaded."""
    from constructions import ReluNetwork

    _warm_up()
    network = ReluNetwork.from_onnx(job.path)

    def solve(ball: Ball) -> Answer:
        result = _decide(network, _points([ball]), ball.radius, options.seconds, ball.norm)
        return Answer(result.status[0], result.witness(0), _proof(result))

    def batch(balls: list[Ball]) -> Answers:
        seconds = min(options.seconds * len(balls), 0.8 * options.batch_seconds)
        result = _decide(network, _points(balls), balls[0].radius, seconds, balls[0].norm)
        return Answers(list(result.status), _proof(result))

    return Prepared(solve, batch)


@functools.cache
def _warm_up() -> None:
    """Decide and certify small balls, once, so that everything is compiled or loaded before the first clock starts."""
    from constructions import AffineMap, LabelledPoints, ReluNetwork

    draw = random.Random(0)
    widths = (6, 12, 12, 1)
    maps = [
        AffineMap([[Fraction(draw.randint(-9, 9), 8) for _ in range(inputs)] for _ in range(outputs)], [0] * outputs)
        for inputs, outputs in itertools.pairwise(widths)
    ]
    network = ReluNetwork(maps)
    data = LabelledPoints.of([[1, 2, 3, 4, 5, 6]], [-1], scale=8)
    for power in range(3, 9):
        result = _decide(network, data, Fraction(1, 2**power), _WARM_UP_SECONDS)
        if result.count("unknown") == 0:
            certified(result)


def _points(balls: Sequence[Ball]) -> LabelledPoints:
    from constructions import LabelledPoints

    return LabelledPoints.of([ball.centre for ball in balls], [ball.label for ball in balls], scale=balls[0].scale)


def _decide(
    network: ReluNetwork, data: LabelledPoints, radius: Fraction, seconds: float, norm: str = "linf"
) -> RobustError:
    import verify

    return verify.robust_error(network, data, norm, radius, seconds=seconds)


def _proof(result: RobustError) -> Callable[[], dict[str, Any]] | None:
    return (lambda: certified(result)) if any(status != "unknown" for status in result.status) else None


def certified(result: RobustError) -> dict[str, Any]:
    """Write the certificate and re-check it with every checker there is.

    Returns:
        The methods that decided, the size of the file and of what is in it beside network
        and points, whether it was accepted, and the seconds of each step.
    """
    import verify

    found: dict[str, Any] = {"methods": sorted({d.method for d in result.decisions if d.method})}
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        path = result.certificate(Path(folder) / "certificate.json")
        found["certify_seconds"] = time.perf_counter() - started
        found["bytes"] = sum(file.stat().st_size for file in Path(folder).iterdir())
        found["proof_bytes"] = _proof_bytes(path)
        started = time.perf_counter()
        try:
            found["accepted"], found["sentence"] = True, verify.recheck(path)
        except Exception as error:
            found["accepted"], found["sentence"] = False, f"{type(error).__name__}: {error}"[:300]
        found["recheck_seconds"] = time.perf_counter() - started
        found["vectorised_seconds"] = _vectorised_seconds(path)
        found |= _plain(path)
    return found


def _proof_bytes(path: Path) -> int:
    document = json.loads(path.read_text(encoding="utf-8"))
    return len(json.dumps({key: part for key, part in document.items() if key not in ("network", "data")}))


def _vectorised_seconds(path: Path) -> float | None:
    """Return the seconds of the vectorised checker, ``None`` where there is none or it rejects."""
    from verify.certificate.checker import Rejected, check

    try:
        from verify.certificate.compiled_checker import prove_group

        started = time.perf_counter()
        check(path, prove_group)
    except (ImportError, Rejected):
        return None
    return time.perf_counter() - started


def _plain(path: Path) -> dict[str, Any]:
    """Run the standard-library checker as its own process; large files are left out."""
    from verify.certificate import checker

    if path.stat().st_size > _MOST_FOR_PLAIN:
        return {"plain_seconds": None, "plain_accepted": None}
    command = [sys.executable, "-I", checker.__file__, str(path)]
    started = time.perf_counter()
    try:
        code = subprocess.run(command, capture_output=True, timeout=_PLAIN_SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        return {"plain_seconds": None, "plain_accepted": None}
    return {"plain_seconds": time.perf_counter() - started, "plain_accepted": code == 0}


if __name__ == "__main__":
    serve("verify", "robustproofs", prepare)
