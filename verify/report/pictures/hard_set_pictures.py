"""Pictures of the hard sets: a plane that separates them, a network that is robust, and one that overfits."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.report.pictures.graphs import draw_graph
from verify.report.pictures.panels import Panel, draw_panels
from verify.report.pictures.planes import Plane
from verify.report.pictures.scene import scene_of_result
from verify.robustness import RobustError, robust_error
from verify.theorems.registry import check

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HALF = Fraction(1, 2)
_PLANE_SLOPE = 8


def draw_hard_linearly_separable_sets(resolution: int) -> Figure:
    """Draw the linearly separable grid of Theorem 4.3: in the plane twice, and in space from above.

    Args:
        resolution: cells of the maps of values along each side.
    """
    flat, solid = (_decided("hard-linearly-separable-sets", dim) for dim in (2, 3))
    line = ReluNetwork([AffineMap([[0, _PLANE_SLOPE]], [-_PLANE_SLOPE * _HALF])])
    by_line = robust_error(line, flat.data, flat.ball.norm, flat.ball.radius)
    middle = replace(Plane.along_axes((_HALF, _HALF, _HALF), 0, 1), names=Plane.whole().names)
    panels = [
        Panel(r"$d=2$: the line $x_2=1/2$", scene_of_result(by_line)),
        Panel(f"$d=2$: {flat.network.size.nonzero} parameters", scene_of_result(flat)),
        Panel(f"$d=3$, $x_3=1/2$: {solid.network.size.nonzero} parameters", scene_of_result(solid, middle)),
    ]
    return draw_panels(panels, resolution, limit=1.0)


def draw_hard_separated_sets(resolution: int) -> Figure:
    """Draw the full grid of Theorem 3.4 with seeded labels, and a network that reads them from its weights."""
    found = _decided("hard-separated-sets", 2)
    title = f"{len(found.data)} points, {found.network.size.nonzero} parameters"
    return draw_panels([Panel(title, scene_of_result(found))], resolution, limit=1.0)


def draw_two_parameters(_: int) -> Figure:
    """Draw the failing instance of Theorem 3.4 as printed: two parameters are enough on the line."""
    result = check("hard-separated-sets-as-printed", instance="erratum").result
    assert result is not None
    return draw_graph(result, f"{result.network.size.nonzero} parameters are enough in one dimension")


def draw_robust_overfitting(resolution: int) -> Figure:
    """Draw a network that is right on all points and robust at the training points only."""
    report = check("robust-overfitting", dim=2, samples=3)
    assert report.result is not None
    share = report.result.lower
    title = f"robust test error {share}, clean error 0"
    return draw_panels([Panel(title, scene_of_result(report.result))], resolution, limit=1.0)


def _decided(theorem: str, dim: int) -> RobustError:
    result = check(theorem, dim=dim).result
    assert result is not None, f"{theorem} decided nothing"
    return result
