"""The methods together, for the points of every label."""

from __future__ import annotations

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.network.relu_network import ReluNetwork
from verify.methods.ball_program import Domain, margin_network
from verify.methods.class_task import ClassTask, Progress
from verify.methods.decision import UNDECIDED, Decision
from verify.methods.limits import Limits

METHODS = ("auto", "votes", "simplices", "pieces", "separable", "interval", "paired", "affine", "attack", "complete")


def decide(
    network: ReluNetwork,
    data: LabelledPoints,
    ball: NormBall,
    domain: Domain | None = None,
    method: str = "auto",
    deadline: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    point_seconds: float | None = None,
    most_bytes: int = 2**30,
    spent: dict[str, float] | None = None,
) -> list[Decision]:
    """Decide every point that the chosen methods can decide before the deadline.

    ``point_seconds`` limits the complete method on each ball, ``most_bytes`` its memory;
    ``spent`` receives the seconds of every method.
    """
    limits = Limits(deadline, point_seconds, most_bytes, {} if spent is None else spent)
    decisions = [UNDECIDED] * len(data)
    tasks = []
    for label in data.classes:
        members = data.indices(label)
        margins = margin_network(network, label)
        tasks.append(ClassTask(network, label, margins, data, members, ball, domain, limits, seed, progress))
    # What is cheap comes first for every label, so that none waits for another's search.
    begun = [task.begin(method) for task in tasks]
    for task, known in zip(tasks, begun, strict=True):
        for index, decision in zip(task.members, task.run(method, known), strict=True):
            decisions[int(index)] = decision
    return decisions
