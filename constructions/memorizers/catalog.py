"""Every memorizer by name: its size in advance, and how to build it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, BudgetExceeded
from constructions.memorizers.box_bumps import count_box_bumps, memorize_with_box_bumps
from constructions.memorizers.cuts import build_cuts, plan_cuts
from constructions.memorizers.hash_line import build_line, plan_hash_line
from constructions.memorizers.hashing.hashed_bits import build_hashed_bits, plan_hashed_bits
from constructions.memorizers.instance import constant_network
from constructions.memorizers.l1_bumps import count_l1_bumps, memorize_with_l1_bumps
from constructions.memorizers.literals import build_literals, plan_literals
from constructions.memorizers.paper import count_papers_route, memorize_by_the_papers_route
from constructions.memorizers.paper_l2 import count_papers_route_in_l2, memorize_by_the_papers_route_in_l2
from constructions.memorizers.sawtooth import (
    count_kinks,
    count_sawtooth,
    memorize_with_kinks,
    memorize_with_sawtooth,
)
from constructions.memorizers.shared_square import (
    count_shared_square,
    memorize_with_shared_square,
    shared_square_bound,
)
from constructions.network.relu_network import ReluNetwork

Progress = Callable[[int, int], None]
MOST_CUT_WORK = 10**9


@dataclass(frozen=True, slots=True)
class Plan:
    """A construction on one instance, counted but not built.

    Attributes:
        name: of the construction.
        parameters: nonzero weights and biases it will have, by its closed form.
        is_exact_count: False when accidental zero biases may still lower the count.
        promised: the bound its theorem states for this instance.
        build: builds the network.
    """

    name: str
    parameters: int
    is_exact_count: bool
    promised: int
    build: Callable[[], ReluNetwork]


@dataclass(frozen=True, slots=True)
class Construction:
    """One memorizer.

    Attributes:
        name: on the command line.
        norms: the norms it works in.
        title: one line.
        plan: counts it on (data, radius, eps, norm, progress); ``None`` where it does not
            apply, or finding out would take too long.
    """

    name: str
    norms: tuple[str, ...]
    title: str
    plan: Callable[[LabelledPoints, Fraction, Fraction | None, str, Progress | None], Plan | None]


def constructions_for(norm: str, name: str | None = None) -> list[Construction]:
    """Return the constructions that work in this norm, or the named one among them."""
    return [entry for entry in CATALOG if norm in entry.norms and name in (None, entry.name)]


def _smaller_and_larger_class(data: LabelledPoints) -> tuple[int, int]:
    sizes = sorted((data.indices(1).size, data.indices(-1).size))
    return sizes[0], sizes[1]


def bump_bound(data: LabelledPoints) -> int:
    """Return ``m*(6*d+2)+1``, m the size of the smaller class: boxes and l1 cones."""
    smaller, _ = _smaller_and_larger_class(data)
    return smaller * (6 * data.dim + 2) + 1


def literal_bound(data: LabelledPoints) -> int:
    """Return ``m*(3*min(2*d, k)+2)+1``, m and k the sizes of the smaller and larger class."""
    smaller, larger = _smaller_and_larger_class(data)
    return smaller * (3 * min(2 * data.dim, larger) + 2) + 1


def _box(data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None) -> Plan:
    count = count_box_bumps(data, radius, eps)
    return Plan("box", count, True, bump_bound(data), lambda: memorize_with_box_bumps(data, radius, eps))


def _l1(data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None) -> Plan:
    count = count_l1_bumps(data, radius, eps)
    return Plan("l1", count, True, bump_bound(data), lambda: memorize_with_l1_bumps(data, radius, eps))


def _literals(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan:
    plan = plan_literals(data, radius, eps, progress=progress)
    if plan is None:
        return Plan("literals", 1, True, 1, lambda: constant_network(data))
    return Plan("literals", plan.parameters, True, literal_bound(data), lambda: build_literals(data, plan))


def _paper(data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None) -> Plan:
    if len(data.classes) == 1:
        return Plan("paper", 1, True, 1, lambda: constant_network(data))
    count = count_papers_route(len(data), data.dim)
    return Plan("paper", count, False, count, lambda: memorize_by_the_papers_route(data, radius, eps))


def _paper_l2(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan:
    count = count_papers_route_in_l2(data, radius, eps)
    return Plan("paper", count, False, count, lambda: memorize_by_the_papers_route_in_l2(data, radius, eps))


def _shared_square(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan:
    count = count_shared_square(data, radius, eps)
    promised = shared_square_bound(data, radius, eps)
    return Plan("shared-square", count, False, promised, lambda: memorize_with_shared_square(data, radius, eps))


def _sawtooth(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan:
    count = count_sawtooth(data, radius, eps)
    return Plan("sawtooth", count, False, count, lambda: memorize_with_sawtooth(data, radius, eps))


def _kinks(data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None) -> Plan:
    count = count_kinks(data, radius, eps)
    return Plan("kinks", count, False, count, lambda: memorize_with_kinks(data, radius, eps))


def _cuts(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan | None:
    try:
        plan = plan_cuts(data, radius, eps, norm, progress, MOST_CUT_WORK)
    except BudgetExceeded:
        return None
    if plan is None:
        return Plan("cuts", 1, True, 1, lambda: constant_network(data))
    return Plan("cuts", plan.parameters, True, plan.parameters, lambda: build_cuts(data, plan))


def _hash_line(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan | None:
    try:
        line = plan_hash_line(data, radius, eps, norm)
    except AssumptionViolated as error:
        if error.assumption == "overlap":
            return None
        raise
    if line is None:
        return Plan("hash-line", 1, True, 1, lambda: constant_network(data))
    return Plan("hash-line", line.parameters, True, line.parameters, lambda: build_line(data, line))


def _hash_bits(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan | None:
    try:
        plan = plan_hashed_bits(data, radius, eps, norm)
    except AssumptionViolated as error:
        if error.assumption == "overlap":
            return None
        raise
    if plan is None:
        return Plan("hash-bits", 1, True, 1, lambda: constant_network(data))
    return Plan("hash-bits", plan.parameters, True, plan.promised, lambda: build_hashed_bits(data, plan))


CATALOG = (
    Construction("literals", ("linf",), "few one-sided coordinate tests per point, shared between points", _literals),
    Construction("box", ("linf",), "one box bump per point of the smaller class", _box),
    Construction("l1", ("l1",), "one cone per point of the smaller class", _l1),
    Construction("cuts", ("l2", "l1"), "half-spaces: coordinate tests, and others where these do not do", _cuts),
    Construction("shared-square", ("l2",), "one sum of squares for all bumps", _shared_square),
    Construction("sawtooth", ("l2",), "a sum of squares per bump, by teeth", _sawtooth),
    Construction("kinks", ("l2",), "a sum of squares per bump, by one hidden layer", _kinks),
    Construction("hash-line", ("l2", "l1", "linf"), "ramps along one direction, for small radii", _hash_line),
    Construction("hash-bits", ("l2", "l1", "linf"), "thresholds along one direction, many to a weight", _hash_bits),
    Construction(
        "paper", ("linf",), "the paper's route, reconstructed: a maximum tree and a trapezoid per point", _paper
    ),
    Construction("paper", ("l2",), "the paper's route, reconstructed: squares and a trapezoid per point", _paper_l2),
)
