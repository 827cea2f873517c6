"""A memorizer by name, and its size on one instance before it is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import wraps

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded
from constructions.memorizers.layer_widths import Widths
from constructions.memorizers.worst_cases import WorstCase
from constructions.network.relu_network import ReluNetwork

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """A construction on one instance, counted but not built.

    Attributes:
        name: of the construction.
        parameters: nonzero weights and biases it will have, by its closed form.
        is_exact_count: False when accidental zero biases may still lower the count.
        promised: the bound its theorem states for this instance.
        build: builds the network.
        widths: of its inputs, hidden layers and outputs; empty where they are not known in
            advance. Dense size and depth follow from them, see ``layer_widths``.
    """

    name: str
    parameters: int
    is_exact_count: bool
    promised: int
    build: Callable[[], ReluNetwork]
    widths: Widths = ()


Planner = Callable[[LabelledPoints, Fraction, Fraction | None, str, Progress | None], Plan | None]


@dataclass(frozen=True, slots=True)
class Construction:
    """One memorizer.

    Attributes:
        name: on the command line.
        norms: the norms it works in.
        title: one line.
        plan: counts it on (data, radius, eps, norm, progress); ``None`` where it does not
            apply. Raises ``BudgetExceeded`` where finding out would take too long.
        worst: counts it on (points, dim, radius / eps, norm) for every data set at once;
            ``None`` for the field where that depends on the data, and as its value where
            there is no such count at this ratio.
        plan_at_any_cost: the plan without a budget, for a construction asked for by name;
            ``None`` where ``plan`` has none.
    """

    name: str
    norms: tuple[str, ...]
    title: str
    plan: Planner
    worst: Callable[[int, int, Fraction, str], WorstCase | None] | None = None
    plan_at_any_cost: Planner | None = None


def within_floats(plan: Planner) -> Planner:
    """Return a planner that gives up, instead of failing, on numbers that the floats of its search do not hold."""

    @wraps(plan)
    def guarded(
        data: LabelledPoints, radius: Fraction, eps: Fraction | None, norm: str, progress: Progress | None
    ) -> Plan | None:
        try:
            return plan(data, radius, eps, norm, progress)
        except OverflowError:
            raise BudgetExceeded("it is searched for in floats, which hold no coordinate beyond 10^308") from None

    return guarded
