"""Every picture of the gallery: its notes, its caption, the command that draws it alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from constructions.errors import UsageError
from verify.report.drawing import house_style, write_drawing
from verify.report.pictures import classifier_pictures as classifiers
from verify.report.pictures import distance_pictures as distances
from verify.report.pictures import hard_set_pictures as hard_sets
from verify.report.pictures import manifold_pictures as manifolds
from verify.report.pictures import memorizer_pictures as memorizers
from verify.report.pictures.scene_drawing import FINE
from verify.report.pictures.square_pictures import draw_sawtooth_squares

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("pdf", "png", "svg")
DOTS, COLOURS = 160, 128


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the gallery.

    Attributes:
        name: of the files.
        notes: ids of the notes that show it.
        caption: statement and instance.
        draw: makes the figure, given the cells along a side of the maps of values.
    """

    name: str
    notes: tuple[str, ...]
    caption: str
    draw: Callable[[int], Figure]

    @property
    def command(self) -> str:
        """The command that draws this picture alone."""
        return f"rproof draw --gallery {self.name} -o pictures/"


_PLANE = f"{memorizers.PLANE_DATA}, radius {memorizers.PLANE_RATIO} of eps"
_SETS = f"{classifiers.PLANE_SETS}, radius 3/7 of eps"
_CIRCLE = "a circle, eps 1/8, radius 1/16"

GALLERY = (
    Picture(
        "memorizers-linf",
        ("thm:robust-memorization-linf", "thm:robust-memorization"),
        f"Theorem 2.2 in l-infinity: four memorizers of nine points; {_PLANE}",
        partial(memorizers.draw_memorizers, "linf"),
    ),
    Picture(
        "memorizers-l1",
        ("thm:robust-memorization-l1",),
        f"Theorem 2.2 in l1: two memorizers of nine points; {_PLANE}",
        partial(memorizers.draw_memorizers, "l1"),
    ),
    Picture(
        "memorizers-l2",
        ("thm:robust-memorization-l2",),
        f"Theorem 2.2 in l2: five memorizers of nine points; {_PLANE}",
        partial(memorizers.draw_memorizers, "l2"),
    ),
    Picture(
        "sawtooth-squares",
        ("thm:robust-memorization-l2",),
        "The interpolants f_q of a square, their errors, and a memorizer of the points 0, 1, 2 made of them",
        draw_sawtooth_squares,
    ),
    Picture(
        "small-radii",
        ("thm:hashed-memorization",),
        f"Small radii: one direction, or the cells of a shifted grid; {memorizers.PLANE_DATA}, radius 1/16 of eps",
        memorizers.draw_small_radii,
    ),
    Picture(
        "votes",
        ("thm:voting-memorization",),
        f"Votes of shifted grids; {memorizers.PLANE_DATA}, radius 1/2 of eps",
        memorizers.draw_votes,
    ),
    Picture(
        "distance-classifier",
        ("thm:distance-classifier", "thm:distance-classifier-as-printed"),
        f"Proposition 3.2 in l2: right at a radius below eps ({classifiers.PLANE_SETS}), "
        "and two points at radius eps, where every classifier errs",
        distances.draw_distance_classifier,
    ),
    Picture(
        "cells",
        ("thm:robust-classifier", "lem:kuhn-hats"),
        f"Theorem 3.3: a bump for each cell that a set meets, and the distance classifier interpolated; {_SETS}",
        classifiers.draw_cells,
    ),
    Picture(
        "shifted-cells",
        ("thm:robust-classifier", "lem:shifted-grids"),
        f"Theorem 3.3 with half the exponent: one of five shifted grids, and the sum of their votes; {_SETS}",
        classifiers.draw_shifted_cells,
    ),
    Picture(
        "hard-separated-sets",
        ("thm:hard-separated-sets", "lem:bit-extraction"),
        "Theorem 3.4: a full grid with seeded labels, read from the digits of a few weights; d = 2, eps 1/8",
        hard_sets.draw_hard_separated_sets,
    ),
    Picture(
        "two-parameters",
        ("thm:hard-separated-sets-as-printed",),
        "Theorem 3.4 as printed fails in one dimension, where two parameters are enough; eps 499999/1000000",
        hard_sets.draw_two_parameters,
    ),
    Picture(
        "hard-linearly-separable-sets",
        ("thm:hard-linearly-separable-sets",),
        "Theorem 4.3: a line separates the points and is wrong on every ball, a larger network is right; "
        "d = 2 and 3, eps 1/8",
        hard_sets.draw_hard_linearly_separable_sets,
    ),
    Picture(
        "robust-overfitting",
        ("thm:robust-overfitting",),
        "Robust overfitting: right at all five points, robust at the three of training; d = 2, eps 1/8",
        hard_sets.draw_robust_overfitting,
    ),
    Picture(
        "attacks-beside-a-line",
        ("def:robust-error-on-manifold",),
        "Definition 5.4: a network that is right on a line and wrong beside it; eps 1/8, radius 1/16",
        manifolds.draw_attacks_beside_a_line,
    ),
    Picture(
        "manifold-cover",
        ("thm:robust-classifier-on-manifold",),
        f"Theorem 5.5 on {_CIRCLE}: a bump for each patch of a cover",
        manifolds.draw_manifold_cover,
    ),
    Picture(
        "hard-manifold-sets",
        ("thm:hard-manifold-sets",),
        f"Theorem 5.8 on {_CIRCLE}: a packing with seeded labels",
        manifolds.draw_hard_manifold_sets,
    ),
)


def write_picture(name: str, folder: Path, resolution: int = FINE) -> list[Path]:
    """Draw one picture of the gallery as PDF, PNG and SVG, and return the paths.

    Raises:
        UsageError: there is no picture of that name, or matplotlib is not installed.
    """
    chosen = next((picture for picture in GALLERY if picture.name == name), None)
    if chosen is None:
        names = ", ".join(picture.name for picture in GALLERY)
        raise UsageError(f"the gallery has no picture {name!r}; choose one of {names}")
    with house_style():
        figure = chosen.draw(resolution)
        folder.mkdir(parents=True, exist_ok=True)
        return write_drawing(figure, folder, name, DOTS, FORMATS, COLOURS)
