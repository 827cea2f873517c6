"""This project as one of the tools: its answers, and the certificates behind them.

Runs in the project's own interpreter. Certificates are written and re-checked after the
clock of the answer has stopped, each step with a clock of its own.
"""

from __future__ import annotations

import argparse
import importlib
import json
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

_PLAIN_SECONDS = 120.0
_VECTORISED = "verify.certificate.vectorised_checker"
_MOST_FOR_PLAIN = 2**23


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the solver for one network; a first small call loads the compiled code."""
    from constructions import AffineMap, LabelledPoints, ReluNetwork

    small = ReluNetwork([AffineMap([[1, 2], [2, -1]], [0, 1]), AffineMap([[1, -1]], [1])])
    _decide(small, LabelledPoints.of([[1, 1]], [1], scale=2), Fraction(1, 2), 5.0)
    network = ReluNetwork.from_onnx(job.path)

    def solve(ball: Ball) -> Answer:
        result = _decide(network, _points([ball]), ball.radius, options.seconds)
        return Answer(result.status[0], result.witness(0), _proof(result))

    def batch(balls: list[Ball]) -> Answers:
        seconds = min(options.seconds * len(balls), 0.9 * options.batch_seconds)
        result = _decide(network, _points(balls), balls[0].radius, seconds)
        return Answers(list(result.status), _proof(result))

    return Prepared(solve, batch)


def _points(balls: Sequence[Ball]) -> LabelledPoints:
    from constructions import LabelledPoints

    return LabelledPoints.of([ball.centre for ball in balls], [ball.label for ball in balls], scale=balls[0].scale)


def _decide(network: ReluNetwork, data: LabelledPoints, radius: Fraction, seconds: float) -> RobustError:
    import verify

    return verify.robust_error(network, data, "linf", radius, seconds=seconds)


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
    try:
        check = importlib.import_module(_VECTORISED).check
        started = time.perf_counter()
        check(path)
    except Exception:
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
