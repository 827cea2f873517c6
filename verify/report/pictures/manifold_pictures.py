"""Pictures of sets on a circle and on a line: covers, packings, and attacks beside a manifold."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from constructions.classifiers.manifold_cover import classify_manifold_cover
from constructions.data.norm_ball import NormBall
from constructions.manifolds.flat_torus import FlatTorus
from constructions.manifolds.planes import AxisPlane
from constructions.sets.box_union import BoxUnion
from constructions.sets.labelled_sets import LabelledSets
from verify.report.drawing import GREY
from verify.report.pictures.panels import Panel, draw_panels
from verify.report.pictures.scene import scene_of_result, scene_of_sets
from verify.robustness import robust_error
from verify.theorem import Request
from verify.theorems.manifold_instances import classes_of, fine_cover
from verify.theorems.registry import check
from verify.theorems.robust_error_on_manifold import packed_halves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_EPS = Fraction(1, 8)
_CIRCLE, _LINE = FlatTorus.of(1), AxisPlane(1, 2)


def draw_manifold_cover(resolution: int) -> Figure:
    """Draw Theorem 5.5 on a circle: patches of two classes, their neighbourhoods, a bump each.

    Args:
        resolution: cells of the maps of values along each side.
    """
    radius = _EPS / 2
    classes = classes_of(fine_cover(_CIRCLE, _EPS, radius), _EPS, Request())
    network = classify_manifold_cover(classes, _EPS, radius)
    sides = (
        BoxUnion.of(
            [(p.lower, p.upper) for p, mark in zip(classes.patches, classes.labels, strict=True) if mark == label]
        )
        for label in (1, -1)
    )
    scene = scene_of_sets(LabelledSets(*sides), NormBall("linf", radius), network)
    title = f"{len(classes.patches)} patches, {network.size.nonzero} parameters"
    return draw_panels([Panel(title, scene, overlay=_draw_circle)], resolution, limit=1.0)


def draw_hard_manifold_sets(resolution: int) -> Figure:
    """Draw Theorem 5.8 on a circle: a packing whose labels a robust network must know."""
    report = check("hard-manifold-sets", manifold=_CIRCLE.spec, eps=_EPS)
    assert report.result is not None and report.network is not None
    title = f"{len(report.result.data)} points, {report.network.size.nonzero} parameters"
    return draw_panels([Panel(title, scene_of_result(report.result), overlay=_draw_circle)], resolution, limit=1.0)


def draw_attacks_beside_a_line(resolution: int) -> Figure:
    """Draw Definition 5.4: a network that is right on a line and wrong beside it."""
    report = check("robust-error-on-manifold", manifold=_LINE.spec, eps=_EPS)
    assert report.network is not None
    data = packed_halves(_LINE, _EPS)
    result = robust_error(report.network, data, "linf", _EPS / 2)
    title = f"wrong near {result.count('violated')} of {len(data)} points, never on the line"
    return draw_panels([Panel(title, scene_of_result(result), overlay=_draw_line)], resolution, limit=1.0)


def _draw_circle(axes: Axes) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle((0.5, 0.5), float(_CIRCLE.radius), fill=False, edgecolor=GREY, linewidth=0.9, zorder=3))


def _draw_line(axes: Axes) -> None:
    axes.plot([0, 1], [0.5, 0.5], color=GREY, linewidth=0.9, zorder=3)
