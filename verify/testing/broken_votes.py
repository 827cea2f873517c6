"""Networks of votes that just miss: each is the genuine one with one thing wrong.

Compare with ``constructions.memorizers.voting``. Every one of ``VOTING_TWINS`` is wrong somewhere on a
ball of ``VOTING_INSTANCE``; ``votes_one_shift_too_few`` is no longer proved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.memorizers.instance import memorization_instance
from constructions.memorizers.voting.shifted_grids import ShiftedGrids
from constructions.memorizers.voting.votes import Vote, build_votes
from constructions.network.relu_network import ReluNetwork

VOTING_INSTANCE = (
    LabelledPoints.of([[0, 0], [1, 0], [0, 1], [2, 1], [1, 2], [3, 0], [2, 2]], [1, -1, -1, 1, 1, -1, -1]),
    Fraction(3, 8),
)


def votes_genuine(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The construction itself."""
    return build_votes(_grids(data, radius), _votes(data, radius, _grids(data, radius)))


def votes_ramps_overlap(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Ramps are as wide as three shifts: at one place several grids are on a ramp."""
    grids = _grids(data, radius)
    wide = replace(grids, ramp=3 * grids.side / grids.shifts)
    return build_votes(wide, _votes(data, radius, wide))


def votes_one_grid_only(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """One grid without votes: right off its ramps, which take up little room, and not on them."""
    grids = replace(_grids(data, radius), shifts=1)
    return build_votes(grids, _votes(data, radius, grids))


def votes_one_shift_too_few(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The last shift does not vote: 2 d votes can end in a tie."""
    grids = _grids(data, radius)
    return build_votes(grids, _votes(data, radius, grids)[:-1])


def votes_two_shifts_too_few(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Two shifts do not vote: d of the 2 d - 1 votes can be wrong and win."""
    grids = _grids(data, radius)
    return build_votes(grids, _votes(data, radius, grids)[:-2])


def votes_cell_with_both_labels(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Cells are three times too large, and the first ball in a cell decides its label."""
    grids = _grids(data, radius)
    large = replace(grids, side=3 * grids.side, ramp=3 * grids.ramp)
    return build_votes(large, _votes(data, radius, large))


def votes_label_of_a_cell_flipped(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The label of the smallest cell is the other one in every grid."""
    grids = _grids(data, radius)
    return build_votes(grids, [replace(vote, first=-vote.first) for vote in _votes(data, radius, grids)])


VOTING_TWINS: tuple[Callable[[LabelledPoints, Fraction], ReluNetwork], ...] = (
    votes_ramps_overlap,
    votes_one_grid_only,
    votes_two_shifts_too_few,
    votes_cell_with_both_labels,
    votes_label_of_a_cell_flipped,
)


def _grids(data: LabelledPoints, radius: Fraction) -> ShiftedGrids:
    instance = memorization_instance(data, "linf", radius)
    assert instance is not None
    return ShiftedGrids.around(data, NormBall("linf", radius), instance.eps)


def _votes(data: LabelledPoints, radius: Fraction, grids: ShiftedGrids) -> list[Vote]:
    """Return the votes, each cell labelled by the first ball that meets it."""
    ball, base, found = NormBall("linf", radius), grids.base(), []
    for grid in range(grids.shifts):
        keys: dict[int, int] = {}
        for centre, label in zip(data.points, data.labels, strict=True):
            for cell in grids.cells_met(grid, centre, ball):
                keys.setdefault(sum(number * base**axis for axis, number in enumerate(cell)), label)
        found.append(Vote.of(grid, keys))
    return found
