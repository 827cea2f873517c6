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


GALLERY = (
    Picture(
        "memorizers-linf",
        ("thm:robust-memorization-linf", "thm:robust-memorization"),
        "x",
        partial(memorizers.draw_memorizers, "linf"),
    ),
    Picture("memorizers-l1", ("thm:robust-memorization-l1",), "x", partial(memorizers.draw_memorizers, "l1")),
    Picture("memorizers-l2", ("thm:robust-memorization-l2",), "x", partial(memorizers.draw_memorizers, "l2")),
    Picture("sawtooth-squares", ("thm:robust-memorization-l2",), "x", draw_sawtooth_squares),
    Picture("small-radii", ("thm:hashed-memorization",), "x", memorizers.draw_small_radii),
    Picture("votes", ("thm:voting-memorization",), "x", memorizers.draw_votes),
    Picture("hard-linearly-separable-sets", ("thm:hard-linearly-separable-sets",), "x", hard_sets.draw_hard_linearly_separable_sets),
    Picture("hard-separated-sets", ("thm:hard-separated-sets",), "x", hard_sets.draw_hard_separated_sets),
    Picture("robust-overfitting", ("thm:robust-overfitting",), "x", hard_sets.draw_robust_overfitting),
    Picture("cells", ("thm:robust-classifier",), "x", classifiers.draw_cells),
    Picture("shifted-cells", ("lem:shifted-grids",), "x", classifiers.draw_shifted_cells),
    Picture("distance-classifier", ("thm:distance-classifier",), "x", distances.draw_distance_classifier),
    Picture("manifold-cover", ("thm:robust-classifier-on-manifold",), "x", manifolds.draw_manifold_cover),
    Picture("hard-manifold-sets", ("thm:hard-manifold-sets",), "x", manifolds.draw_hard_manifold_sets),
    Picture("attacks-beside-a-line", ("def:robust-error-on-manifold",), "x", manifolds.draw_attacks_beside_a_line),
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
        return write_drawing(figure, folder, name, FORMATS, DOTS, COLOURS)
