"""The picture of one instance: a statement that was checked, or a network that was decided on points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructions.data.norm_ball import NormBall, Point
from constructions.errors import UsageError
from constructions.sets.finite_set import FiniteSet
from constructions.sets.labelled_sets import LabelledSets
from verify.report.drawing import house_style, write_drawing
from verify.report.pictures.classifier_pictures import PLANE_SETS
from verify.report.pictures.distance_pictures import distance_values
from verify.report.pictures.graphs import draw_graph, exact_bends
from verify.report.pictures.memorizer_pictures import PLANE_DATA
from verify.report.pictures.panels import Panel, draw_panels
from verify.report.pictures.planes import Plane
from verify.report.pictures.scene import Scene, scene_of_result, scene_of_sets
from verify.report.pictures.scene_drawing import FINE
from verify.report.pictures.zero_line import zero_line
from verify.robustness import RobustError
from verify.theorem import Report
from verify.theorems.registry import check, find_theorem, theorems

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("pdf", "png", "svg")
_PLANE_DEFAULTS: dict[str, Any] = {"data": PLANE_DATA, "dim": 2, "manifold": "torus:k=1"}


@dataclass(frozen=True, slots=True)
class InstancePicture:
    """A picture of one instance, not yet drawn.

    Attributes:
        title: what stands above it.
        scene: what it shows, ``None`` for the graph of a network of one input.
        result: the decided robust error, where there is one.
        is_distance: the colours are the distance classifier, not the network.
        sets: two sets, where the statement is about sets.
    """

    title: str
    scene: Scene | None
    result: RobustError | None
    is_distance: bool = False
    sets: LabelledSets | None = None

    def describe(self) -> dict[str, Any]:
        """Return what the picture shows, as text that loses nothing."""
        if self.scene is None:
            followed = self.result is not None and exact_bends(self.result) is not None
            return {"kind": "graph", "zero_line": "exact" if followed else "sampled, for drawing only"}
        zeros = None if self.scene.network is None else zero_line(self.scene.network, self.scene.window)
        is_exact = zeros is not None and not self.is_distance
        return {
            "kind": "map",
            "window": [_texts(corner) for corner in self.scene.window],
            "axes": list(self.scene.plane.names),
            "zero_line": "exact" if is_exact else "traced on a grid, for drawing only",
            "linear_pieces": zeros.pieces if zeros is not None and is_exact else None,
            "wrong_points": [_texts(place) for place in self.scene.witnesses],
            "wrong_points_beside_the_plane": self.scene.off_plane,
        }

    def draw(self, resolution: int = FINE) -> Figure:
        """Return the figure."""
        if self.scene is None:
            assert self.result is not None
            return draw_graph(self.result, self.title)
        values = None
        if self.is_distance and self.sets is not None:
            values = distance_values(self.sets, self.scene.ball.norm)
        label = "$f(x)$" if values is None else "$(d_B-d_A)/(d_A+d_B)$"
        return draw_panels([Panel(self.title, self.scene, values)], resolution, colour_label=label)


def write_instance(picture: InstancePicture, folder: Path, name: str, resolution: int = FINE) -> list[Path]:
    """Write a picture as PDF, PNG and SVG, and return the paths.

    Raises:
        UsageError: matplotlib is not installed.
    """
    with house_style():
        figure = picture.draw(resolution)
        folder.mkdir(parents=True, exist_ok=True)
        return write_drawing(figure, folder, name, formats=FORMATS)


def check_in_the_plane(theorem: str, **instance: Any) -> Report:
    """Check a statement, by default on an instance in the plane.

    Args:
        theorem: word id or number.
        **instance: as for ``verify.check``.

    Raises:
        UsageError: an option does not fit.
    """
    chosen = {name: value for name, value in instance.items() if value is not None}
    options = {*find_theorem(theorem).options}
    if chosen.get("instance") == "erratum":
        defaults: dict[str, Any] = {"dim": 2} if {"sets", "dim"} <= options else {}
    elif "sets" in options:
        defaults = {} if {"sets", "data", "dim"} & set(chosen) else {"sets": PLANE_SETS}
    else:
        defaults = {name: value for name, value in _PLANE_DEFAULTS.items() if name in options}
    return check(theorem, **(defaults | chosen))


def picture_of_report(report: Report, sets: LabelledSets | None = None, plane: Plane | None = None) -> InstancePicture:
    """Return the picture of a statement that was checked.

    Args:
        report: of the check.
        sets: the two sets, for a statement about sets.
        plane: what to show, for points in more than two dimensions.

    Raises:
        UsageError: the check decided no network on points or sets of the plane.
    """
    found = sets if sets is not None else _sets_of_witness(report)
    title = f"{report.theorem}: {report.verdict}"
    if found is not None and plane is None and (found.dim == 2 or report.result is None):
        ball = NormBall(report.instance["norm"], Fraction(report.instance["radius"]))
        is_distance = str(report.theorem).startswith("distance-classifier")
        network = None if is_distance else report.network
        scene = scene_of_sets(found, ball, network, _witnesses(report))
        return InstancePicture(title, scene, report.result, is_distance or network is None, found)
    if report.result is None:
        names = ", ".join(theorem.id for theorem in theorems() if "margin" in theorem.claims)
        raise UsageError(
            f"the check of {report.theorem} decides no network on balls, so there is nothing to draw; those of "
            f"{names} do"
        )
    return picture_of_result(report.result, title, plane)


def picture_of_result(result: RobustError, title: str, plane: Plane | None = None) -> InstancePicture:
    """Return the picture of a decided robust error: a graph in one dimension, else a map.

    Raises:
        UsageError: the points have more than two dimensions and there is no plane.
    """
    if result.data.dim == 1:
        return InstancePicture(title, None, result)
    return InstancePicture(title, scene_of_result(result, plane), result)


def _sets_of_witness(report: Report) -> LabelledSets | None:
    """Return the two points of a failing instance that no classifier gets right, if the report has some."""
    for verdict in report.verdicts:
        if verdict.witness is not None and "points" in verdict.witness and "labels" in verdict.witness:
            first, second = ([Fraction(text) for text in point] for point in verdict.witness["points"])
            return LabelledSets(FiniteSet.of([first]), FiniteSet.of([second]))
    return None


def _witnesses(report: Report) -> list[Point]:
    found = [verdict.witness["point"] for verdict in report.verdicts if verdict.witness and "point" in verdict.witness]
    return [tuple(Fraction(text) for text in point) for point in found]


def _texts(place: Sequence[Fraction]) -> list[str]:
    return [str(value) for value in place]
