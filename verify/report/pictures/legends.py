"""What colours, lines and marks mean: the bar beside a picture and the legend below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from verify.report.pictures.scene import Scene
from verify.report.pictures.scene_drawing import INK, LOOKS, WITNESS, Drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_NORMS = {"linf": r"$\ell_\infty$", "l1": r"$\ell_1$", "l2": r"$\ell_2$"}


def add_colour_bar(figure: Figure, image: AxesImage, axes: Any, label: str = "$f(x)$") -> None:
    """Put the scale of the colours beside some axes."""
    low, high = image.get_clim()
    values = image.get_array()
    beyond = values is not None and (values.min() < low or values.max() > high)
    bar = figure.colorbar(image, ax=axes, shrink=0.9, aspect=28, pad=0.02, extend="both" if beyond else "neither")
    bar.outline.set_linewidth(0.5)  # type: ignore[operator]
    bar.set_label(label)
    bar.ax.tick_params(width=0.5)


def legend_entries(drawn: Sequence[Drawn]) -> tuple[list[Any], list[str]]:
    """Return handles and texts for what occurs in some scenes."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found: dict[str, Any] = {}
    for each in drawn:
        scene = each.scene
        for label, look in LOOKS.items():
            if any(mark.label == label for mark in scene.marks):
                found[f"label {_signed(label)}"] = Line2D(
                    [], [], linestyle="none", marker=look["marker"], markersize=5, color=look["colour"],
                    markerfacecolor=look["face"] if label == 1 else "white",
                )  # fmt: skip
        _add_regions(found, scene)
        if each.image is not None and (each.zeros is None or each.zeros.segments):
            found["$f=0$" if each.zeros is not None else "$f=0$, traced"] = Line2D([], [], color=INK, linewidth=1.1)
        if each.zeros is not None and each.zeros.plateaus:
            found["$f=0$ throughout"] = Patch(facecolor="none", edgecolor="#A8A8A8", hatch=".....", linewidth=0)
        if scene.witnesses:
            found["exact wrong point"] = Line2D([], [], linestyle="none", **WITNESS)
    return list(found.values()), list(found)


def _add_regions(found: dict[str, Any], scene: Scene) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    for region in scene.regions:
        look = LOOKS[region.label]
        if region.kernel:
            found[f"set of label {_signed(region.label)}"] = Patch(facecolor=look["face"], edgecolor=look["colour"])
        if region.status == "violated":
            found["ball with a wrong point"] = Line2D([], [], color="black", linewidth=1.9)
        elif region.status == "unknown":
            found["undecided ball"] = Line2D([], [], color=look["colour"], linestyle=":")
        else:
            kind = "neighbourhood" if region.kernel else "ball"
            found[f"{kind}, {_signed(region.label)}"] = Line2D([], [], color=look["colour"], linestyle=look["line"])


def _signed(label: int) -> str:
    return "+1" if label == 1 else "\N{MINUS SIGN}1"


def add_legend(figure: Figure, drawn: Sequence[Drawn], columns: int) -> int:
    """Put one legend for some scenes below all axes; its title names the norm and the radius.

    Returns:
        The number of its lines, without the title.
    """
    handles, texts = legend_entries(drawn)
    balls = {each.scene.ball for each in drawn}
    radii = f", radius {drawn[0].scene.ball.radius}" if len(balls) == 1 else ""
    title = f"{_NORMS[drawn[0].scene.ball.norm]} norm{radii}"
    figure.legend(
        handles,
        texts,
        title=title,
        title_fontsize=8,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        handlelength=2.0,
        columnspacing=1.4,
    )
    return -(-len(texts) // columns)
