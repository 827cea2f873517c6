"""alpha-beta-CROWN on the CPU, through its own interface and defaults.

The variant is its setting ``complete_verifier``. Bounds are float32, as it is run by default.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from adapter import Answer, Ball, Job, Prepared, serve
from lirpa_bounds import margin_rows, torch_module

_VERDICTS = {"safe": "robust", "unsafe": "violated"}


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the solver for one network."""
    import torch
    from abcrown import ConfigBuilder

    if options.threads:
        torch.set_num_threads(options.threads)
    settings = ConfigBuilder.from_defaults().set(
        general__device="cpu", general__complete_verifier=options.variant, bab__timeout=options.seconds
    )
    network = torch_module(job).float()
    return Prepared(lambda ball: decide(network, ball, len(job.network[-1].bias), settings()))


def decide(network: Any, ball: Ball, outputs: int, settings: dict[str, Any]) -> Answer:
    """Let the search decide one ball: unsafe where some margin is at most 0."""
    import torch
    from abcrown import ABCrownSolver, VerificationSpec

    low, high = (torch.tensor([side], dtype=torch.float32) for side in zip(*ball.sides(), strict=True))
    rows = torch.tensor(margin_rows(ball, outputs), dtype=torch.float32)
    clauses = [(row[None], torch.zeros(1)) for row in rows]
    specification = VerificationSpec.build_from_input_bounds(low, high, clauses)
    found = ABCrownSolver(specification, network, config=settings).solve()
    verdict = _VERDICTS.get(found.status.split("-")[0], "unknown")
    return Answer(verdict, _point(found.stats, ball) if verdict == "violated" else None)


def _point(stats: dict[str, Any], ball: Ball) -> list[float] | None:
    """Return one of the attack's points, if it kept any of the right size."""
    examples = stats.get("attack_examples")
    if examples is None or len(examples) == 0:
        return None
    flat = np.asarray(examples, dtype=np.float64).reshape(-1)
    return flat[: len(ball.centre)].tolist() if flat.size >= len(ball.centre) else None


if __name__ == "__main__":
    serve("abcrown", "", prepare)
