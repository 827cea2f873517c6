"""Every memorizer by name: its size in advance, and how to build it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.memorizers.box_bumps import count_box_bumps, memorize_with_box_bumps
from constructions.memorizers.cut_plan import CutPlan
from constructions.memorizers.cuts import build_cuts, plan_cuts
from constructions.memorizers.hash_line import build_line, plan_hash_line
from constructions.memorizers.hashing.grid_keys import build_grid_keys, plan_grid_keys
from constructions.memorizers.hashing.hashed_bits import build_hashed_bits, plan_hashed_bits
from constructions.memorizers.instance import MemorizationInstance, constant_network, memorization_instance
from constructions.memorizers.l1_bumps import count_l1_bumps, memorize_with_l1_bumps
from constructions.memorizers.layer_widths import (
    Widths,
    bump_widths,
    constant_widths,
    line_widths,
    papers_widths,
    papers_widths_in_l2,
    sawtooth_widths,
    shared_square_widths,
)
from constructions.memorizers.literals import build_literals, plan_literals
from constructions.memorizers.paper import count_papers_route, memorize_by_the_papers_route
from constructions.memorizers.paper_l2 import (
    count_papers_route_in_l2,
    memorize_by_the_papers_route_in_l2,
    papers_levels,
)
from constructions.memorizers.plan import Construction, Plan, Progress, within_floats
from constructions.memorizers.sawtooth import (
    count_kinks,
    count_sawtooth,
    kinks_needed,
    memorize_with_kinks,
    memorize_with_sawtooth,
    sawtooth_levels,
)
from constructions.memorizers.shared_square import (
    count_shared_square,
    memorize_with_shared_square,
    shared_square_bound,
    square_scale,
)
from constructions.memorizers.worst_cases import (
    box_at_worst,
    cuts_at_worst,
    hashed_bits_at_worst,
    hashed_grid_at_worst,
    kinks_at_worst,
    literals_at_worst,
    paper_at_worst,
    sawtooth_at_worst,
    shared_square_at_worst,
)

MOST_CUT_WORK = 10**9
MOST_CUT_TRIALS = 5 * 10**6


def constructions_for(norm: str, name: str | None = None) -> list[Construction]:
    """Return the constructions that work in this norm, or the named one among them."""
    return [entry for entry in CATALOG if norm in entry.norms and name in (None, entry.name)]


def _smaller_and_larger_class(data: LabelledPoints) -> tuple[int, int]:
    sizes = sorted((data.indices(1).size, data.indices(-1).size))
    return sizes[0], sizes[1]


def _widths(
    data: LabelledPoints,
    norm: str,
    radius: Fraction,
    eps: Fraction | None,
    of: Callable[[MemorizationInstance], Widths],
) -> Widths:
    """Return the widths for an instance, those of a constant network with one class only."""
    instance = memorization_instance(data, norm, radius, eps)
    return constant_widths(data.dim) if instance is None else of(instance)


def _face_widths(instance: MemorizationInstance) -> Widths:
    dim, bumps = instance.data.dim, len(instance.inside)
    return bump_widths(dim, 2 * dim * bumps, bumps)


def bump_bound(data: LabelledPoints) -> int:
    """Return ``m*(6*d+2)+1``, m the size of the smaller class: boxes and l1 cones."""
    smaller, _ = _smaller_and_larger_class(data)
    return smaller * (6 * data.dim + 2) + 1


def literal_bound(data: LabelledPoints) -> int:
    """Return ``m*(3*min(2*d, k)+2)+1``, m and k the sizes of the smaller and larger class."""
    smaller, larger = _smaller_and_larger_class(data)
    return smaller * (3 * min(2 * data.dim, larger) + 2) + 1


def _constant(name: str, data: LabelledPoints) -> Plan:
    return Plan(name, 1, True, 1, lambda: constant_network(data), constant_widths(data.dim))


def _box(data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None) -> Plan:
    count = count_box_bumps(data, radius, eps)
    widths = _widths(data, norm, radius, eps, _face_widths)
    return Plan("box", count, True, bump_bound(data), lambda: memorize_with_box_bumps(data, radius, eps), widths)


def _l1(data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None) -> Plan:
    count = count_l1_bumps(data, radius, eps)
    widths = _widths(data, norm, radius, eps, _face_widths)
    return Plan("l1", count, True, bump_bound(data), lambda: memorize_with_l1_bumps(data, radius, eps), widths)


def _literals(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan:
    plan = plan_literals(data, radius, eps, progress=progress)
    if plan is None:
        return _constant("literals", data)
    widths = bump_widths(data.dim, len(plan.axis), plan.bumps)
    return Plan("literals", plan.parameters, True, literal_bound(data), lambda: build_literals(data, plan), widths)


def _paper(data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None) -> Plan:
    if len(data.classes) == 1:
        return _constant("paper", data)
    count = count_papers_route(len(data), data.dim)
    widths = papers_widths(data.dim, len(data))
    return Plan("paper", count, False, count, lambda: memorize_by_the_papers_route(data, radius, eps), widths)


def _paper_l2(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan:
    count = count_papers_route_in_l2(data, radius, eps)
    widths = _widths(
        data, norm, radius, eps, lambda found: papers_widths_in_l2(data.dim, papers_levels(found), len(data))
    )
    return Plan("paper", count, False, count, lambda: memorize_by_the_papers_route_in_l2(data, radius, eps), widths)


def _shared_square(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan:
    count = count_shared_square(data, radius, eps)
    promised = shared_square_bound(data, radius, eps)
    widths = _widths(
        data,
        norm,
        radius,
        eps,
        lambda found: shared_square_widths(data.dim, square_scale(found).levels, len(found.inside)),
    )
    return Plan("shared-square", count, False, promised, lambda: memorize_with_shared_square(data, radius, eps), widths)


def _sawtooth(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan:
    count = count_sawtooth(data, radius, eps)
    widths = _widths(
        data, norm, radius, eps, lambda found: sawtooth_widths(data.dim, sawtooth_levels(found), len(found.inside))
    )
    return Plan("sawtooth", count, False, count, lambda: memorize_with_sawtooth(data, radius, eps), widths)


def _kinks(data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None) -> Plan:
    count = count_kinks(data, radius, eps)
    widths = _widths(data, norm, radius, eps, _kink_widths)
    return Plan("kinks", count, False, count, lambda: memorize_with_kinks(data, radius, eps), widths)


def _kink_widths(instance: MemorizationInstance) -> Widths:
    dim, bumps = instance.data.dim, len(instance.inside)
    return bump_widths(dim, 2 * dim * kinks_needed(instance) * bumps, bumps)


@within_floats
def _cuts(data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None) -> Plan:
    return _cut_plan(data, plan_cuts(data, radius, eps, norm, progress, MOST_CUT_WORK, MOST_CUT_TRIALS))


@within_floats
def _all_cuts(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan:
    return _cut_plan(data, plan_cuts(data, radius, eps, norm, progress))


def _cut_plan(data: LabelledPoints, plan: CutPlan | None) -> Plan:
    if plan is None:
        return _constant("cuts", data)
    widths = bump_widths(data.dim, len(plan.literals.axis) + len(plan.cuts), plan.literals.bumps)
    return Plan("cuts", plan.parameters, True, plan.parameters, lambda: build_cuts(data, plan), widths)


@within_floats
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
        return _constant("hash-line", data)
    widths = line_widths(data.dim, len(line.gaps))
    return Plan("hash-line", line.parameters, True, line.parameters, lambda: build_line(data, line), widths)


@within_floats
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


@within_floats
def _hash_grid(
    data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
) -> Plan | None:
    try:
        plan = plan_grid_keys(data, radius, eps, norm)
    except AssumptionViolated as error:
        if error.assumption == "overlap":
            return None
        raise
    if plan is None:
        return Plan("hash-grid", 1, True, 1, lambda: constant_network(data))
    return Plan("hash-grid", plan.parameters, True, plan.promised, lambda: build_grid_keys(data, plan))


CATALOG = (
    Construction(
        "literals",
        ("linf",),
        "few one-sided coordinate tests per point, shared between points",
        _literals,
        literals_at_worst,
    ),
    Construction("box", ("linf",), "one box bump per point of the smaller class", _box, box_at_worst),
    Construction("l1", ("l1",), "one cone per point of the smaller class", _l1, box_at_worst),
    Construction(
        "cuts",
        ("l2", "l1", "linf"),
        "half-spaces: coordinate tests, and others; searched further when asked for by name",
        _cuts,
        cuts_at_worst,
        _all_cuts,
    ),
    Construction("shared-square", ("l2",), "one sum of squares for all bumps", _shared_square, shared_square_at_worst),
    Construction("sawtooth", ("l2",), "a sum of squares per bump, by teeth", _sawtooth, sawtooth_at_worst),
    Construction("kinks", ("l2",), "a sum of squares per bump, by one hidden layer", _kinks, kinks_at_worst),
    Construction("hash-line", ("l2", "l1", "linf"), "ramps along one direction, for small radii", _hash_line),
    Construction(
        "hash-bits",
        ("l2", "l1", "linf"),
        "thresholds along one direction, many to a weight",
        _hash_bits,
        hashed_bits_at_worst,
    ),
    Construction(
        "hash-grid",
        ("l2", "l1", "linf"),
        "cells of a shifted grid, rounded down and numbered, their labels many to a weight",
        _hash_grid,
        hashed_grid_at_worst,
    ),
    Construction(
        "paper",
        ("linf",),
        "the paper's route, reconstructed: a maximum tree and a trapezoid per point",
        _paper,
        paper_at_worst,
    ),
    Construction("paper", ("l2",), "the paper's route, reconstructed: squares and a trapezoid per point", _paper_l2),
)
