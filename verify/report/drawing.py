"""How figures look, and how they are written: the same bytes on every run."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructions.errors import UsageError
from verify.certificate.issue import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, told apart by every kind of colour vision.
BLUE, SKY, RED, ORANGE, GREEN, PURPLE, GREY = (
    "#0072B2",
    "#56B4E9",
    "#D55E00",
    "#E69F00",
    "#009E73",
    "#A6528A",
    "#6B6B6B",
)
WIDTH = 7.0  # inches, the width of a page of two columns
COLUMN = 3.4  # inches, the width of one of them
DOTS_PER_INCH = 220
_STYLE: Any = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "axes.grid": True,
    "axes.grid.which": "major",
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "lines.linewidth": 1.4,
    "lines.markersize": 3.2,
    "pdf.fonttype": 42,
    "svg.hashsalt": "robustproofs",
    "hatch.color": "#A8A8A8",
    "hatch.linewidth": 0.5,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """A text beside the end of a curve: where the curve ends, the text, and the curve's colour."""

    height: float
    text: str
    colour: str


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in one style, whatever the user has configured.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise UsageError("figures need the package matplotlib: pip install robustproofs[report]") from None
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def empty_figure(height: float, width: float = WIDTH) -> Figure:
    """Return a figure, over the width of the page unless told otherwise, without touching any window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def write_drawing(
    figure: Figure,
    folder: Path,
    name: str,
    dots: int = DOTS_PER_INCH,
    formats: Sequence[str] = ("pdf", "png"),
    colours: int | None = None,
) -> list[Path]:
    """Write a figure as PDF and PNG, or in other formats, without dates or versions; return the paths.

    Args:
        figure: what to write.
        folder: where it goes.
        name: of the files, without ending.
        dots: per inch, in a png and in images inside the others.
        formats: some of ``pdf``, ``png`` and ``svg``; text in an svg becomes outlines.
        colours: of a png, at most 256, to keep it small; as many as it has by default.
    """
    written = []
    nothing: dict[str, dict[str, None]] = {
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
    }
    for suffix in formats:
        body = io.BytesIO()
        figure.savefig(body, format=suffix, dpi=dots, metadata=nothing[suffix])
        path = folder / f"{name}.{suffix}"
        write_whole(path, body.getvalue() if colours is None or suffix != "png" else _few_colours(body, colours))
        written.append(path)
    return written


def _few_colours(png: io.BytesIO, colours: int) -> bytes:
    from PIL import Image

    body = io.BytesIO()
    whole = Image.open(png).convert("RGB")
    whole.quantize(colours, dither=Image.Dither.NONE).save(body, format="png", optimize=True)
    return body.getvalue()


def label_ends(axes: Axes, place: float, endings: Sequence[Ending], distance: float) -> None:
    """Write the name of each curve right of the axes, beside its end.

    Args:
        axes: with curves that end at ``place``.
        place: on the horizontal axis.
        endings: one per curve.
        distance: least distance of two texts, in units of the vertical axis.
    """
    ordered = sorted(endings, key=lambda ending: ending.height)
    for ending, height in zip(ordered, apart([ending.height for ending in ordered], distance), strict=True):
        axes.annotate(
            ending.text,
            xy=(place, ending.height),
            xytext=(1.06, height),
            textcoords=axes.get_yaxis_transform(),
            fontsize=8,
            va="center",
            ha="left",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": ending.colour, "linewidth": 1.4, "shrinkA": 1, "shrinkB": 2},
        )


def apart(heights: Sequence[float], distance: float) -> list[float]:
    """Move rising numbers as little as needed to leave a distance between neighbours.

    Neighbours that are too close form a group, centred on the mean of its members.
    """
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _lowest(groups[-1], distance) - _highest(groups[-2], distance) < distance:
            last = groups.pop()
            groups[-1] += last
    return [_lowest(group, distance) + place * distance for group in groups for place in range(len(group))]


def _lowest(group: list[float], distance: float) -> float:
    return sum(group) / len(group) - distance * (len(group) - 1) / 2


def _highest(group: list[float], distance: float) -> float:
    return _lowest(group, distance) + distance * (len(group) - 1)
