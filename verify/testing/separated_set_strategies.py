"""Hypothesis strategies for two separated sets in the unit cube, with contacts on purpose."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from constructions.classifiers.separated_sets import SeparatedSets, separated_sets
from constructions.errors import UsageError
from constructions.sets.box_union import BoxUnion
from constructions.sets.finite_set import FiniteSet
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.point_set import PointSet
from constructions.sets.polytope import Polytope
from constructions.sets.set_union import SetUnion

_RATIOS = tuple(Fraction(*pair) for pair in ((0, 1), (1, 7), (1, 3), (1, 2), (3, 5), (2, 3)))


def separated_pairs(
    max_dim: int = 3, max_pieces: int = 6, norms: tuple[str, ...] = ("linf", "l2", "l1"), with_boxes: bool = False
) -> SearchStrategy[SeparatedSets]:
    """Two sets on a coarse grid of the cube, with a radius below eps.

    Coordinates are multiples of one step, so that many pairs are exactly ``2 eps`` apart
    and points lie on corners of the cube and walls of cells. eps is half the separation or
    three quarters of that.

    Args:
        max_dim: largest dimension.
        max_pieces: most points or boxes of both sets together, at least 2.
        norms: to draw from.
        with_boxes: pieces may be cubes one step wide.

    Raises:
        UsageError: a bound allows no sets.
    """
    if max_dim < 1 or max_pieces < 2 or not norms:
        raise UsageError(f"no sets in dimension {max_dim} with {max_pieces} pieces and norms {norms}")
    return _pairs(max_dim, max_pieces, norms, with_boxes)


def separated_polytopes(
    max_pieces: int = 4, norms: tuple[str, ...] = ("linf", "l2", "l1")
) -> SearchStrategy[SeparatedSets]:
    """Two sets of points, boxes, triangles and cut squares in the unit square, with a radius below eps.

    Pieces lie in different cells of a coarse grid with gaps of one step, in vertices or
    in half-spaces, so that many touch the distance ``2 eps``.

    Args:
        max_pieces: most pieces of both sets together, at least 2.
        norms: to draw from.

    Raises:
        UsageError: a bound allows no sets.
    """
    if max_pieces < 2 or not norms:
        raise UsageError(f"no sets with {max_pieces} pieces and norms {norms}")
    return _polytopes(max_pieces, norms)


@st.composite
def _polytopes(draw: DrawFn, max_pieces: int, norms: tuple[str, ...]) -> SeparatedSets:
    cells = draw(
        st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=max_pieces, unique=True)
    )
    pieces: list[PointSet] = []
    for cell in cells:
        # Cell k of an axis is [3k, 3k+2] fifths: pieces of different cells are a fifth apart or more.
        corner = [Fraction(3 * place, 5) for place in cell]
        steps = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=4))
        points = [[c + Fraction(step, 5) for c, step in zip(corner, move, strict=True)] for move in steps]
        hull = Polytope.of_vertices(points)
        cut = sum(corner) + Fraction(draw(st.integers(1, 3)), 5)
        rows = [[1, 0], [0, 1], [-1, 0], [0, -1], [1, 1]]
        right = [corner[0] + Fraction(2, 5), corner[1] + Fraction(2, 5), -corner[0], -corner[1], cut]
        square = Polytope.of_halfspaces(rows, right)
        kinds: tuple[PointSet, ...] = (hull, square, BoxUnion.of([(hull.lower, hull.upper)]))
        pieces.append(draw(st.sampled_from(kinds)))
    split = draw(st.integers(1, len(pieces) - 1))
    norm = draw(st.sampled_from(norms))
    sets = LabelledSets(SetUnion(pieces[:split]), SetUnion(pieces[split:]))
    eps = sets.eps(norm)
    return separated_sets(sets, eps * draw(st.sampled_from(_RATIOS)), eps, norm)


@st.composite
def _pairs(draw: DrawFn, max_dim: int, max_pieces: int, norms: tuple[str, ...], with_boxes: bool) -> SeparatedSets:
    dim, norm = draw(st.integers(1, max_dim)), draw(st.sampled_from(norms))
    cells = draw(st.integers(2, 3 if dim < 3 else 2))
    # Cell k of an axis is [2k, 2k+1] in units of 1/scale: pieces of different cells are apart.
    scale = 2 * cells - (0 if with_boxes else 1) - draw(st.integers(0, 1)) * int(not with_boxes)
    places = draw(
        st.lists(
            st.tuples(*[st.integers(0, cells - 1)] * dim),
            min_size=2,
            max_size=min(max_pieces, cells**dim),
            unique=True,
        )
    )
    lower = 2 * np.array(places, dtype=np.int64)
    width = np.array(draw(st.lists(st.integers(0, int(with_boxes)), min_size=len(lower), max_size=len(lower))))
    cut = draw(st.integers(1, len(lower) - 1))
    parts = (slice(None, cut), slice(cut, None))
    sides = [_side(lower[part], (lower + width[:, None])[part], scale, with_boxes) for part in parts]
    sets = LabelledSets(*sides)
    eps = sets.eps(norm) * draw(st.sampled_from((Fraction(1), Fraction(1), Fraction(3, 4))))
    return separated_sets(sets, eps * draw(st.sampled_from(_RATIOS)), eps, norm)


def _side(lower: np.ndarray, upper: np.ndarray, steps: int, with_boxes: bool) -> FiniteSet | BoxUnion:
    return BoxUnion.of_corners(lower, upper, scale=steps) if with_boxes else FiniteSet.of(lower, scale=steps)
