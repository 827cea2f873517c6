"""Broken twins: for every claim a construction that just misses it, and where it is caught.

A checker is worth its verdicts only if it refutes these. Each twin is a builder like the
genuine one, with one thing wrong; ``BROKEN_TWINS`` says which claim that breaks, and gives
an instance on which the genuine construction keeps the claim and the twin does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from constructions.memorizers.catalog import bump_bound
from constructions.memorizers.cuts import memorize_with_cuts
from constructions.memorizers.l1_bumps import memorize_with_l1_bumps
from constructions.memorizers.literals import memorize_with_literals, plan_literals
from constructions.memorizers.paper import memorize_by_the_papers_route
from constructions.network.relu_network import ReluNetwork
from verify.testing import broken_memorizers as wrong
from verify.testing.claim_checks import Builder


@dataclass(frozen=True, slots=True)
class BrokenTwin:
    """A wrong construction and an instance that shows it.

    Attributes:
        builder: the wrong construction; the first line of its docstring says what is wrong.
        genuine: the construction it is a twin of.
        claim: the claim it breaks, by its name in ``check_construction``.
        value: the value of that claim, ``None`` for the default.
        norm: of the perturbations.
        data: the training set of the instance.
        radius: the radius of the instance.
    """

    builder: Builder
    genuine: Builder
    claim: str
    value: Any
    norm: str
    data: LabelledPoints
    radius: Fraction

    @property
    def name(self) -> str:
        """The twin's name."""
        return self.builder.__name__


def twins_that_break(claim: str) -> tuple[BrokenTwin, ...]:
    """Return the broken twins registered for one claim.

    Example:
        >>> [twin.name for twin in twins_that_break("refusals")]
        ['box_touching_allowed']
    """
    return tuple(twin for twin in BROKEN_TWINS if twin.claim == claim)


def _twin(
    builder: Builder,
    claim: str,
    points: Sequence[Sequence[Any]],
    labels: Sequence[int],
    radius: str = "1/4",
    value: Any = None,
) -> BrokenTwin:
    family = builder.__name__.partition("_")[0]
    data = LabelledPoints.of(points, labels)
    return BrokenTwin(builder, _GENUINE[family], claim, value, _NORMS.get(family, "linf"), data, Fraction(radius))


def _tilted(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    return memorize_with_cuts(data, radius, norm="linf")


_NORMS = {"l1": "l1", "cuts": "l2"}
_GENUINE: dict[str, Builder] = {
    "box": memorize_with_box_bumps,
    "l1": memorize_with_l1_bumps,
    "literals": memorize_with_literals,
    "cuts": memorize_with_cuts,
    "tilted": _tilted,
    "paper": memorize_by_the_papers_route,
}
_LINE = [[0], [1]]
_THREE = [[0], [1], [2]]
_GRID: list[list[Any]] = [[0], [1], ["9/8"]]
_CORNER = [[0, 0], [1, 0], [0, 1]]

BROKEN_TWINS: tuple[BrokenTwin, ...] = (
    _twin(wrong.box_one_step_short, "robust_error", [[0, 0], [1, 1], [1, "7/8"]], [1, -1, -1], "3/8"),
    _twin(wrong.box_ramp_too_flat, "robust_error", _LINE, [1, -1]),
    _twin(wrong.box_touching_allowed, "refusals", _LINE, [1, -1]),
    _twin(wrong.box_missing_face, "robust_error", _LINE, [-1, 1]),
    _twin(wrong.box_last_axis_skipped, "axes", [[0, 0], [1, 0]], [1, -1]),
    _twin(wrong.box_bump_dropped, "fits_labels", _LINE, [1, -1]),
    _twin(wrong.box_bump_dropped_by_order, "permutation", _LINE, [1, -1]),
    _twin(wrong.box_output_bias_missing, "fits_labels", _LINE, [1, -1]),
    _twin(wrong.box_sign_always_plus, "label_swap", _THREE, [1, -1, -1]),
    _twin(wrong.box_larger_class, "parameters", _THREE, [1, -1, -1], value=lambda data, radius: bump_bound(data)),
    _twin(wrong.box_extra_layer, "depth", _LINE, [1, -1], value=3),
    _twin(wrong.box_every_other_call, "determinism", _LINE, [1, -1]),
    _twin(wrong.box_for_positive_data, "translation", _LINE, [-1, 1]),
    _twin(wrong.box_steep_for_the_unit_cube, "scaling", _LINE, [1, -1]),
    _twin(wrong.box_from_cones, "robust_error", [[0, 0, 0], [1, 0, 0]], [1, -1], "3/8"),
    _twin(wrong.l1_from_boxes, "robust_error", [[0, 0], [1, 1]], [1, -1], "3/4"),
    _twin(wrong.l1_one_step_short, "margin", _GRID, [1, -1, -1], "3/8"),
    _twin(wrong.l1_cone_too_low, "robust_error", _LINE, [1, -1]),
    _twin(wrong.l1_negative_part_missing, "robust_error", _LINE, [-1, 1]),
    _twin(wrong.literals_last_dropped, "robust_error", _CORNER, [1, -1, -1]),
    _twin(
        wrong.literals_not_merged,
        "count",
        [[0], [0], [1], [1]],
        [1, 1, -1, -1],
        value=lambda data, radius: plan_literals(data, radius).parameters,  # type: ignore[union-attr]
    ),
    _twin(wrong.literals_slope_halved, "margin", _LINE, [1, -1]),
    _twin(wrong.literals_touching_counts, "robust_error", [[0, 0], ["1/2", 1]], [1, -1]),
    _twin(wrong.literals_merged_too_far, "robust_error", [[0], [0], [1], [2]], [-1, -1, 1, 1]),
    _twin(wrong.cuts_reach_of_a_box, "robust_error", [[0, 0], [3, 4]], [1, -1], "9/4"),
    _twin(
        wrong.tilted_reach_of_an_octahedron,
        "robust_error",
        [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [1, -1, -1, -1],
        "1/8",
    ),
    _twin(wrong.paper_coordinate_forgotten, "robust_error", [[0, 0, 0], [0, 0, 1]], [1, -1]),
    _twin(wrong.paper_sum_for_maximum, "margin", [[0, 0], [1, 0]], [1, -1]),
    _twin(wrong.paper_trapezoid_ends_at_radius, "robust_error", _LINE, [1, -1]),
)
