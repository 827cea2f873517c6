"""Pictures of Theorem 2.2: every memorizer on one small data set in the plane."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from verify.report.pictures.panels import Panel, draw_panels
from verify.report.pictures.scene import scene_of_result
from verify.theorems.registry import check

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLANE_DATA = "random:n=9,d=2,levels=9,seed=55"
PLANE_RATIO = Fraction(3, 4)
SMALL_RATIO = Fraction(1, 16)
_CONSTRUCTIONS = {
    "linf": ("box", "literals", "cuts", "paper"),
    "l1": ("l1", "cuts"),
    "l2": ("sawtooth", "kinks", "shared-square", "cuts", "paper"),
}


def draw_memorizers(norm: str, resolution: int) -> Figure:
    """Draw every construction of Theorem 2.2 in a norm, with its number of parameters.

    Args:
        norm: of the balls.
        resolution: cells of the maps of values along each side.
    """
    names = _CONSTRUCTIONS[norm]
    panels = [_panel(f"robust-memorization-{norm}", name, PLANE_RATIO, norm) for name in names]
    return draw_panels(panels, resolution, columns=3 if len(names) > 4 else 2, limit=1.0)


def draw_small_radii(resolution: int) -> Figure:
    """Draw the networks for small radii: along one direction, and by the cells of a shifted grid."""
    names = ("hash-line", "hash-bits", "hash-grid")
    panels = [_panel("robust-memorization-linf", name, SMALL_RATIO, "linf") for name in names]
    return draw_panels(panels, resolution, limit=1.0)


def draw_votes(resolution: int) -> Figure:
    """Draw the memorizer by votes of shifted grids."""
    return draw_panels([_panel("voting-memorization", None, Fraction(1, 2), "linf")], resolution, limit=5.0)


def _panel(theorem: str, construction: str | None, ratio: Fraction, norm: str) -> Panel:
    named = {} if construction is None else {"construction": construction}
    report = check(theorem, data=PLANE_DATA, ratio=ratio, norm=norm, **named)
    assert report.network is not None and report.result is not None, f"{theorem}: {report.verdict}"
    title = f"{construction or 'votes'}: {report.network.size.nonzero:,} parameters"
    return Panel(title, scene_of_result(report.result))
