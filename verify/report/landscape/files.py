"""The files of a landscape: JSON, CSV, LaTeX, PDF and PNG, the same bytes on every run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from verify.certificate.issue import write_whole
from verify.report.drawing import house_style, write_drawing
from verify.report.landscape.decisions import Decision
from verify.report.landscape.documents import SCHEMA, as_csv, document
from verify.report.landscape.figure import draw_landscape
from verify.report.landscape.latex import latex_table
from verify.report.landscape.setting import DEFAULT_RATIOS, Setting
from verify.report.landscape.sizes import Landscape, landscape_of

NAME = "landscape"
FIGURE_POINTS, FIGURE_DIM = 1000, 784
# 1, 2 and 5 times powers of ten from both ends, and both sides of the steps at 1/2 and at 1/sqrt(784).
_STEPS = (Fraction(499, 1000), Fraction(99, 2800), Fraction(1, 28))
_ENDS = [Fraction(first, 10**power) for power in range(1, 7) for first in (1, 2, 5)]
FIGURE_RATIOS = tuple(
    sorted({*DEFAULT_RATIOS, *_ENDS, *(1 - end for end in _ENDS if end >= Fraction(1, 10**4)), *_STEPS})
)


@dataclass(frozen=True, slots=True)
class LandscapeFigure:
    """What the figure of ``rproof figures`` shows: one landscape per norm."""

    name: str
    landscapes: tuple[Landscape, ...]

    @property
    def least_ratio(self) -> Fraction:
        """The smallest size for every data set over a bound that covers it; above 1 if all is right."""
        return min(found for each in self.landscapes if (found := each.least_ratio) is not None)


def figure_landscapes(ratios: Iterable[Fraction] = FIGURE_RATIOS) -> tuple[Landscape, ...]:
    """Return the landscapes of the figure: every data set of 1,000 points in dimension 784, linf and l2."""
    chosen = tuple(ratios)
    return tuple(landscape_of(Setting.of_sizes(FIGURE_POINTS, FIGURE_DIM, norm, chosen)) for norm in ("linf", "l2"))


def write_landscape_figure(folder: str | Path) -> tuple[LandscapeFigure, list[Path]]:
    """Write the figure of ``rproof figures landscape``; return what it shows and the paths."""
    with house_style():
        shown = LandscapeFigure(NAME, figure_landscapes())
    return shown, write_landscape(shown.landscapes, folder)


def write_landscape(
    landscapes: Sequence[Landscape], folder: str | Path, decisions: Sequence[Decision] = ()
) -> list[Path]:
    """Write every file of some landscapes; return the paths, the figure last.

    Args:
        landscapes: one, or one per norm on the same number of points.
        folder: is made if it is not there.
        decisions: what is proved of built networks.

    Raises:
        UsageError: matplotlib is not installed; the other files are written.
    """
    return [path for write in writers(landscapes, Path(folder), decisions) for path in write()]


def writers(
    landscapes: Sequence[Landscape], folder: Path, decisions: Sequence[Decision] = ()
) -> list[Callable[[], list[Path]]]:
    """Return what is to be done to write the files, the quick ones first."""

    def write(suffix: str, body: str) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{NAME}.{suffix}"
        write_whole(path, body.encode())
        return [path]

    def draw() -> list[Path]:
        with house_style():
            return write_drawing(draw_landscape(landscapes), folder, NAME)

    return [
        lambda: write("json", _json(landscapes, decisions)),
        lambda: write("csv", as_csv(landscapes, decisions)),
        lambda: write("tex", latex_table(landscapes)),
        draw,
    ]


def _json(landscapes: Sequence[Landscape], decisions: Sequence[Decision]) -> str:
    body = {"schema": SCHEMA, "landscapes": [document(each, decisions) for each in landscapes]}
    return json.dumps(body, indent=1) + "\n"
