"""Size bounds as a reader sees them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.capacity.classes import ClassBound
    from verify.capacity.size_bound import SizeBound
_MEANINGS = {
    "regions": "any depth, real weights",
    "layers": "bounded depth, real weights",
    "precision": "any depth, few weight values",
    "double-counting": "the paper's argument, our count",
}


def print_bounds(
    envelope: dict[str, Any], bounds: list[SizeBound], classes: list[ClassBound], best: SizeBound, verbose: bool
) -> None:
    """Print the bound, the rules and classes beside it, and where its bits go."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=120)
    m, asked = best.question.points, best.question
    who = (
        "for some labelling"
        if asked.failure == 1
        else f"for a random labelling, except with probability {asked.failure}"
    )
    console.print(
        f"Every ReLU network with at most {shown(best.size, verbose)} nonzero parameter{'s' if best.size != 1 else ''}"
        f"{_class_of(best)} errs on more than {asked.error} of the {shown(m, verbose)} hard points, {who}.",
        highlight=False,
        soft_wrap=True,
    )
    table = Table("rule", "networks", "too small", "evidence", box=None, header_style="bold")
    for bound in bounds:
        table.add_row(bound.method, _MEANINGS[bound.method], shown(bound.size, verbose), bound.evidence)
    for entry in classes:
        table.add_row(entry.name, entry.parameter, shown(entry.value, verbose), "enclosure")
    console.print(table, highlight=False)
    for bound in bounds:
        spent = ", ".join(f"{name} {shown_bits(value)}" for name, value in bound.ledger.items())
        console.print(f"bits ({bound.method}): {spent}", highlight=False, soft_wrap=True)
    if envelope["printed"] is not None:
        printed = envelope["printed"]
        console.print(
            f"the paper states an order of (1/(2 eps))^({printed['exponent']}), here "
            f"{shown(int(printed['size']), verbose)} with constant 1; proved here with exponent {printed['ours']}",
            highlight=False,
            soft_wrap=True,
        )
    if "unseen_error" in envelope:
        console.print(f"error no learner avoids with so many samples: {float(Fraction(envelope['unseen_error'])):.6g}")
    for name, sentence in envelope["files"].items():
        console.print(f"{name}: {sentence}", highlight=False, markup=False, soft_wrap=True)
    if envelope["certificate"] is not None:
        folder = Path(envelope["certificate"]).parent
        console.print(f"files written to {folder}", highlight=False, markup=False, soft_wrap=True)


def _class_of(bound: SizeBound) -> str:
    if bound.method == "layers":
        return f" and depth at most {bound.question.depth}"
    if bound.method == "precision":
        return f" of {bound.question.weight_bits} bits each"
    return ""


def shown(value: int, verbose: bool = False) -> str:
    """Return an integer for a reader: all digits where they are few."""
    text = str(value)
    if verbose or len(text) <= 24:
        return f"{value:,}"
    return f"{text[0]}.{text[1:5]}e{len(text) - 1}"


def shown_bits(value: Fraction) -> str:
    """Return a number of bits for a reader."""
    whole = int(value)
    return f"{float(value):,.1f}" if whole < 10**12 else shown(whole)
