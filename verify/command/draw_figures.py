"""``rproof figures``: the figures of the size bounds, with their numbers."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verify.command.options import Common, common_options
from verify.versions import versions

if TYPE_CHECKING:
    from verify.report.landscape.files import LandscapeFigure
    from verify.report.series import Numbers

_NAMES = ("sandwich", "depth-size", "precision-size", "landscape", "entropy")

EPILOG = """\b
Examples:
  rproof figures
  rproof figures sandwich -o paper/figures/
  rproof figures depth-size precision-size --json
"""


@click.command("figures", epilog=EPILOG)
@click.argument("names", nargs=-1, type=click.Choice(_NAMES), metavar="[NAME]...")
@common_options
def command(common: Common, names: tuple[str, ...]) -> int:
    """Draw what is proved of the size of robust networks, into figures/ or -o DIR.

    NAME is sandwich (size against dimension), depth-size, precision-size, landscape (sizes
    of memorizers of 1,000 points in dimension 784 against the radius), or entropy (size
    against the dimension of a manifold); all by default.
    Each is written as PDF and PNG, with all its numbers as JSON and some of them as a LaTeX
    table. Every explicit network is compared with every certified bound that covers it.
    """
    from verify.report.figures import write_figure
    from verify.report.landscape.files import write_landscape_figure

    folder = Path("figures") if common.output is None else common.output
    claims: list[dict[str, Any]] = []
    files: dict[str, str] = {}
    for name in dict.fromkeys(names or _NAMES):
        started = time.monotonic()
        numbers, written = write_landscape_figure(folder) if name == "landscape" else write_figure(name, folder)
        claims.append(_claim(numbers, time.monotonic() - started))
        files |= {path.name: str(path) for path in written}
    holds = all(claim["status"] == "holds" for claim in claims)
    envelope: dict[str, Any] = {
        "schema": "robustproofs/result/1",
        "verb": "figures",
        "verdict": "holds" if holds else "violated",
        "exit": 0 if holds else 1,
        "theorem": "hard-linearly-separable-sets",
        "instance": {"figures": [claim["figure"] for claim in claims], "folder": str(folder)},
        "claims": claims,
        "network": None,
        "certificate": None,
        "files": files,
        "seconds": round(time.monotonic() - common.started, 6),
        "versions": versions(),
    }

    def lines() -> None:
        for claim in claims:
            click.echo(f"{claim['figure']}: {_sentence(Fraction(claim['measured']))}")
        for path in files.values():
            click.echo(path)

    common.show(envelope, lines)
    return int(envelope["exit"])


def _sentence(ratio: Fraction) -> str:
    """Say how close the explicit networks come to the bounds, the ratio rounded down."""
    whole, rest = divmod(int(ratio * 1000), 1000)
    return f"the closest explicit network has at least {whole}.{rest:03d} times the size certified to be too small"


def _claim(numbers: Numbers | LandscapeFigure, seconds: float) -> dict[str, Any]:
    ratio = numbers.least_ratio
    return {
        "name": f"sandwich ({numbers.name})",
        "figure": numbers.name,
        "status": "holds" if ratio > 1 else "violated",
        "evidence": "enclosure",
        "measured": str(ratio),
        "promised": "1",
        "direction": "more than",
        "method": "comparison",
        "seconds": round(seconds, 6),
    }
