"""Whether a network keeps out of an unsafe set: properties as competitions write them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import Point
from constructions.network.maximum import largest_output
from constructions.network.relu_network import ReluNetwork
from verify.properties.cases import Case, Property
from verify.robustness import RobustError, robust_error


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """What is known of one case of an unsafe set.

    Attributes:
        status: ``holds`` if no point of the box reaches it, ``violated``, or ``unknown``.
        witness: an exact point that reaches it.
        result: the robust error it was turned into, of the largest of the constraints'
            outputs on the box; ``None`` where no network was needed.
    """

    status: Literal["holds", "violated", "unknown"]
    witness: Point | None = None
    result: RobustError | None = None


def decide_property(
    network: ReluNetwork,
    unsafe: Property,
    *,
    seconds: float | None = None,
    most_memory: int | None = None,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[CaseAnswer]:
    """Decide, for every case of an unsafe set, whether the network reaches it.

    A case is a box and linear conditions ``c . y <= b``; it is reached where the largest
    ``c . y - b`` is at most 0, which is a question about one network on one box. After
    the first case that is reached the rest stay ``unknown``.

    Args:
        network: with the property's inputs and outputs.
        unsafe: the union of cases.
        seconds: time limit of the whole call.
        most_memory: bytes for open cases of the search.
        seed: of the attacks.
        progress: called with (stage, done, total).

    Raises:
        UsageError: the network has other dimensions.
    """
    unsafe.refuse_other(network)
    deadline = None if seconds is None else time.monotonic() + seconds
    answers: list[CaseAnswer] = []
    for case in unsafe.cases:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if any(answer.status == "violated" for answer in answers):
            answers.append(CaseAnswer("unknown"))
        else:
            answers.append(_decide_case(network, case, left, most_memory, seed, progress))
    return answers


def _decide_case(
    network: ReluNetwork,
    case: Case,
    seconds: float | None,
    most_memory: int | None,
    seed: int,
    progress: Callable[[str, int, int], None] | None,
) -> CaseAnswer:
    middle = tuple((low + high) / 2 for low, high in zip(case.lower, case.upper, strict=True))
    if case.is_reached_at(network, middle):
        return CaseAnswer("violated", middle)
    if not case.constraints:
        return CaseAnswer("violated", middle)
    judge = largest_output(case.network(network))
    radius = max((high - low) / 2 for low, high in zip(case.lower, case.upper, strict=True))
    data = LabelledPoints.of([middle], labels=[1])
    result = robust_error(
        judge,
        data,
        "linf",
        Fraction(radius),
        seconds=seconds,
        domain=(case.lower, case.upper),
        seed=seed,
        point_seconds=None,
        most_memory=most_memory,
        progress=progress,
    )
    witness = result.witness(0)
    if result.status[0] == "robust":
        return CaseAnswer("holds", result=result)
    if witness is not None and case.is_reached_at(network, witness):
        return CaseAnswer("violated", witness, result)
    return CaseAnswer("unknown", result=result)
