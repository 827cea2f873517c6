"""Hypothesis strategies for manifolds, exact points on them, and labelled covers."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from constructions.data.labelled_cover import LabelledCover
from constructions.data.manifold import Manifold, Patch
from constructions.data.norm_ball import Point
from constructions.errors import UsageError
from constructions.manifolds.covers import cover_with_pieces
from constructions.manifolds.cube_boundary import CubeBoundary
from constructions.manifolds.flat_torus import FlatTorus
from constructions.manifolds.planes import AxisPlane, DiagonalPlane
from constructions.manifolds.sphere import Sphere

CoverInstance = tuple[Manifold, LabelledCover, Fraction, Fraction]


def manifolds(max_dimension: int = 2) -> SearchStrategy[Manifold]:
    """Test manifolds with rational points.

    Args:
        max_dimension: largest dimension k, at least 1.

    Raises:
        UsageError: the bound allows no manifold.
    """
    if max_dimension < 1:
        raise UsageError(f"max_dimension must be at least 1, got {max_dimension}")
    return _manifolds(max_dimension)


def manifold_samples(
    source: SearchStrategy[Manifold] | None = None, max_points: int = 5, levels: int = 12
) -> SearchStrategy[tuple[Manifold, tuple[Point, ...]]]:
    """Pairs of a manifold and exact points of it.

    Args:
        source: ``manifolds()`` by default.
        max_points: most points, at least 1.
        levels: parameters are ``k / levels`` along the domain of a chart.

    Raises:
        UsageError: a bound allows no points.

    Example:
        >>> from hypothesis import find
        >>> manifold, points = find(manifold_samples(), lambda found: len(found[1]) == 2)
        >>> all(manifold.contains(point) for point in points)
        True
    """
    if max_points < 1 or levels < 1:
        raise UsageError(f"samples need points and levels, got {max_points} and {levels}")
    return _samples(manifolds() if source is None else source, max_points, levels)


def cover_instances(source: SearchStrategy[Manifold] | None = None) -> SearchStrategy[CoverInstance]:
    """A manifold, some patches of a cover with both labels, eps, and a radius with room for a ramp.

    Twice eps is the exact distance of the boxes of the two classes.

    Args:
        source: ``manifolds()`` by default.
    """
    return _covers(manifolds() if source is None else source)


@st.composite
def _manifolds(draw: DrawFn, most: int) -> Manifold:
    k = draw(st.integers(1, most))
    radius = Fraction(draw(st.integers(1, 4)), 8)
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return AxisPlane(k, k + draw(st.integers(0, 2)))
    if kind == 1:
        return DiagonalPlane(k, k * draw(st.integers(1, 2)))
    if kind == 2:
        return CubeBoundary(k, k + draw(st.integers(1, 2)))
    return FlatTorus.of(k, radius) if kind == 3 else Sphere.of(k, radius)


@st.composite
def _samples(
    draw: DrawFn, source: SearchStrategy[Manifold], most: int, levels: int
) -> tuple[Manifold, tuple[Point, ...]]:
    manifold = draw(source)
    found = []
    for _ in range(draw(st.integers(1, most))):
        domain = manifold.domains[draw(st.integers(0, len(manifold.domains) - 1))]
        shares = [Fraction(draw(st.integers(0, levels)), levels) for _ in domain.lower]
        ends = zip(domain.lower, domain.upper, shares, strict=True)
        point = manifold.point(domain.chart, tuple(low + (high - low) * share for low, high, share in ends))
        assert point is not None
        found.append(point)
    return manifold, tuple(found)


@st.composite
def _covers(draw: DrawFn, source: SearchStrategy[Manifold]) -> CoverInstance:
    manifold = draw(source)
    # Two patches on opposite sides keep a distance; more patches of either label stay near them.
    patches = cover_with_pieces(manifold, draw(st.integers(8, 10)), Fraction(1, 8)).patches
    first = patches[draw(st.integers(0, len(patches) - 1))]
    far = max(patches, key=lambda other: _apart(first, other))
    near = [patch for patch in patches if _apart(first, patch) <= 2 * patch.radius]
    chosen = [*near[: draw(st.integers(1, 4))], far]
    label = draw(st.sampled_from([-1, 1]))
    cover = LabelledCover(tuple(chosen), (*[label] * (len(chosen) - 1), -label))
    distance = cover_separation(cover)
    room = distance / 2 - cover.radius - cover.offset
    return manifold, cover, distance / 2, room * draw(st.integers(0, 7)) / 8


def _apart(first: Patch, second: Patch) -> Fraction:
    return max(abs(x - y) for x, y in zip(first.centre, second.centre, strict=True))


def cover_separation(cover: LabelledCover) -> Fraction:
    """Return the exact l-infinity distance of the boxes of both classes, pair by pair."""
    plus, minus = (
        [patch for patch, mark in zip(cover.patches, cover.labels, strict=True) if mark == label] for label in (1, -1)
    )
    return min(
        max(max(a.lower[j] - b.upper[j], b.lower[j] - a.upper[j], Fraction(0)) for j in range(len(a.lower)))
        for a in plus
        for b in minus
    )
