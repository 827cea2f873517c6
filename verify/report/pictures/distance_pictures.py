"""Pictures of Proposition 3.2: the distance classifier below eps, and the point that ends it at eps."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from constructions.data.norm_ball import NormBall
from constructions.sets.finite_set import FiniteSet
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.point_set import BoxSet
from constructions.sets.sources import load_sets
from verify.report.pictures.classifier_pictures import PLANE_SETS
from verify.report.pictures.linear_pieces import Window
from verify.report.pictures.panels import Panel, draw_panels
from verify.report.pictures.scene import scene_of_sets
from verify.report.pictures.scene_drawing import ValuesOnGrid
from verify.theorems.registry import check

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BELOW, _AT = Fraction(3, 32), Fraction(1, 2)


def draw_distance_classifier(resolution: int) -> Figure:
    """Draw the distance classifier in l2 at a radius below eps, and two points at eps itself.

    Args:
        resolution: cells of the maps of values along each side.
    """
    sets = load_sets(PLANE_SETS)
    below = scene_of_sets(sets, NormBall("l2", _BELOW))
    two = LabelledSets(FiniteSet.of([[0, 0]]), FiniteSet.of([[1, 0]]))
    witness = tuple(Fraction(text) for text in _middle()["point"])
    at_eps = scene_of_sets(two, NormBall("l2", _AT), witnesses=[witness])
    panels = [
        Panel(rf"radius {_BELOW}, below $\epsilon$: right on both", below, values=distance_values(sets, "l2")),
        Panel(rf"radius {_AT} $=\epsilon$: a point of both balls", at_eps, values=distance_values(two, "l2")),
    ]
    return draw_panels(panels, resolution, limit=1.0, colour_label="$(d_B-d_A)/(d_A+d_B)$")


def _middle() -> dict[str, list[str]]:
    """Return the witness of the failing instance, in the plane."""
    found = check("distance-classifier-as-printed", instance="erratum", norm="l2", dim=2).claim("robust_error").witness
    assert found is not None, "the failing instance has a witness"
    return found


def distance_values(sets: LabelledSets, norm: str) -> ValuesOnGrid:
    """Return the values of the distance classifier of two sets on grids, in floats, for drawing only."""

    def values(window: Window, steps: int) -> np.ndarray:
        sides = zip(*window, strict=True)
        xs, ys = (float(a) + float(b - a) * (np.arange(steps) + 0.5) / steps for a, b in sides)
        near, far = (_distances(side, norm, xs[None, :], ys[:, None]) for side in sets.exact_sides)
        return (far - near) / (far + near)

    return values


def _distances(side: object, norm: str, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    assert isinstance(side, BoxSet), "the scene has only points and boxes"
    found = []
    for box in side.pieces:
        gaps = [
            np.maximum(0.0, np.maximum(float(low) - values, values - float(high)))
            for low, high, values in zip(box.lower, box.upper, (xs, ys), strict=True)
        ]
        found.append({"linf": np.maximum(*gaps), "l1": gaps[0] + gaps[1], "l2": np.hypot(*gaps)}[norm])
    return np.min(found, axis=0)
