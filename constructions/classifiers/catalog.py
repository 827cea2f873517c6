"""Every robust classifier of two sets by name: its size in advance, and how to build it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from constructions.classifiers.cell_grids import MOST_CELLS, CellGrid
from constructions.classifiers.cells import build_cells, most_cell_parameters, plan_cells
from constructions.classifiers.interpolation import classify_by_interpolation, interpolation_grid
from constructions.classifiers.separated_sets import SeparatedSets
from constructions.classifiers.shifted_cells import classify_with_shifted_cells, shifted_grids, zone_grid
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded, UsageError
from constructions.memorizers.catalog import constructions_for
from constructions.network.relu_network import ReluNetwork
from constructions.sets.finite_set import FiniteSet

MOST_BUILT = 2**18
FOR_ALL_SETS = ("cells", "shifted-cells", "interpolation")


@dataclass(frozen=True, slots=True)
class ClassifierPlan:
    """A construction on one instance, counted but not built.

    Attributes:
        name: of the construction.
        title: one line.
        parameters: at most this many on this instance; for cells exactly.
        worst: enough for any sets with this eps and radius; for a memorizer, of as many points.
        margin: ``label * f`` is at least this on the neighbourhoods.
        build: builds the network, ``None`` where it is too large.
        grid: cubes along whose walls it bends, for whoever covers a neighbourhood; ``None`` for a memorizer.
    """

    name: str
    title: str
    parameters: int
    worst: int
    margin: Fraction
    build: Callable[[], ReluNetwork] | None
    grid: CellGrid | None = None


def classifier_plans(sets: SeparatedSets, name: str | None = None) -> list[ClassifierPlan]:
    """Return the constructions for these sets, or the named one, the smallest first.

    Finite sets can be memorized as well; those constructions are listed by their own names.

    Raises:
        UsageError: no construction has this name here.
    """
    plans = [plan for known, plan in _GRIDS.items() if name in (None, known)]
    found = [plan(sets) for plan in plans] + _memorizers(sets, name)
    if not found:
        raise UsageError(f"no construction {name!r} for these sets; choose {', '.join(FOR_ALL_SETS)} or all")
    return sorted(found, key=lambda plan: (plan.parameters, plan.name))


def finite_data(sets: SeparatedSets) -> LabelledPoints | None:
    """Return both sets as labelled points, ``None`` unless both are finite."""
    sides = (sets.sets.positive, sets.sets.negative)
    if not all(isinstance(side, FiniteSet) for side in sides):
        return None
    rows = [(lower, label) for label in (1, -1) for lower, _ in sets.boxes(label)]
    return LabelledPoints.of([row for row, _ in rows], [label for _, label in rows])


def _cells(sets: SeparatedSets) -> ClassifierPlan:
    worst = most_cell_parameters(sets.dim, sets.eps, sets.radius, sets.norm)
    try:
        plan = plan_cells(sets)
    except BudgetExceeded as error:
        return ClassifierPlan("cells", f"at most {worst}: {error}", worst, worst, Fraction(1), None)
    title = f"{len(plan.chosen)} of {plan.grid.count}^{sets.dim} cells, a box bump each"
    build = (lambda: build_cells(plan)) if plan.parameters <= MOST_BUILT else None
    return ClassifierPlan("cells", title, plan.parameters, worst, Fraction(1), build, plan.grid)


def _shifted_cells(sets: SeparatedSets) -> ClassifierPlan:
    shifted = shifted_grids(sets.dim, sets.eps, sets.radius, sets.norm)
    count = shifted.grids[0].count
    fits = count**sets.dim <= MOST_CELLS and shifted.parameters <= MOST_BUILT

    def build() -> ReluNetwork:
        return classify_with_shifted_cells(sets.sets, sets.radius, sets.eps, sets.norm)

    title = f"{len(shifted.grids)} votes on {count}^{sets.dim} cells each"
    return ClassifierPlan(
        "shifted-cells",
        title,
        shifted.parameters,
        shifted.parameters,
        Fraction(1),
        build if fits else None,
        zone_grid(shifted),
    )


def _interpolation(sets: SeparatedSets) -> ClassifierPlan:
    grid = interpolation_grid(sets.dim, sets.eps, sets.radius, sets.norm)

    def build() -> ReluNetwork:
        return classify_by_interpolation(sets.sets, sets.radius, sets.eps, sets.norm)

    margin = grid.margin / 2 if sets.norm == "l2" else grid.margin
    title = f"the paper's route, reconstructed: hats on {grid.steps + 1}^{sets.dim} nodes"
    fits = grid.parameters <= MOST_BUILT
    cubes = CellGrid(Fraction(0), Fraction(1, grid.steps), grid.steps, sets.dim)
    return ClassifierPlan(
        "interpolation", title, grid.parameters, grid.parameters, margin, build if fits else None, cubes
    )


_GRIDS = {"cells": _cells, "shifted-cells": _shifted_cells, "interpolation": _interpolation}


def _memorizers(sets: SeparatedSets, name: str | None) -> list[ClassifierPlan]:
    data = finite_data(sets)
    if data is None or name in FOR_ALL_SETS:
        return []
    found = []
    for entry in constructions_for(sets.norm, name):
        plan = entry.plan(data, sets.radius, sets.eps, sets.norm, None)
        if plan is not None:
            build = plan.build if plan.parameters <= MOST_BUILT else None
            found.append(ClassifierPlan(entry.name, entry.title, plan.parameters, plan.promised, Fraction(1), build))
    return found
