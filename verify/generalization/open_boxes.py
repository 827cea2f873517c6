"""Whether a network is positive inside a box, though it may be zero on some of its faces."""

from __future__ import annotations

import time
from collections.abc import Collection
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box import Box
from constructions.sets.box_parts import halves
from verify.generalization.affine_regions import AffineForm, affine_form_on
from verify.methods.ball_program import Domain
from verify.methods.portfolio import decide

_MOST_PIECES = 48


def is_positive_within(network: ReluNetwork, box: Box, axes: Collection[int], deadline: float | None) -> bool:
    """Return ``True`` only if the network is positive off the faces of the box that cross some axes.

    The box is halved until on each piece the network is positive, or affine, at least 0,
    and 0 only on such a face of the whole box. ``False`` says nothing.

    Args:
        network: one output.
        box: closed.
        axes: zeros are forgiven on both faces across each of them.
        deadline: ``time.monotonic()`` value at which the search stops.
    """
    waiting = [box]
    for _ in range(_MOST_PIECES):
        if not waiting:
            return True
        if deadline is not None and time.monotonic() >= deadline:
            return False
        piece = waiting.pop()
        form = affine_form_on(network, piece)
        if form is None:
            if not _is_positive(network, piece, deadline):
                parts = halves(piece)
                if len(parts) == 1:
                    return False
                waiting += parts
        elif not _is_zero_on_a_face(form, piece, box, axes):
            return False
    return not waiting


def _is_zero_on_a_face(form: AffineForm, piece: Box, box: Box, axes: Collection[int]) -> bool:
    """Return whether a form is at least 0 on a piece, and 0 only on an allowed face of the box."""
    low = form.constant + sum(map(_product, form.slope, piece.lowest(form.slope)), Fraction(0))
    if low != 0:
        return low > 0
    return any(
        (form.slope[axis] > 0 and piece.lower[axis] == box.lower[axis])
        or (form.slope[axis] < 0 and piece.upper[axis] == box.upper[axis])
        for axis in axes
    )


def _product(left: Fraction, right: Fraction) -> Fraction:
    return left * right


def _is_positive(network: ReluNetwork, piece: Box, deadline: float | None) -> bool:
    middle = [(low + high) / 2 for low, high in zip(piece.lower, piece.upper, strict=True)]
    reach = max((high - low) / 2 for low, high in zip(piece.lower, piece.upper, strict=True))
    data = LabelledPoints.of([middle], labels=[1])
    ball = NormBall("linf", reach)
    return decide(network, data, ball, Domain(piece.lower, piece.upper), "interval", deadline)[0].status == "robust"
