"""A landscape as a LaTeX table: nonzero parameters, then all parameters, one line a ratio."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from verify.report.landscape.setting import DEFAULT_RATIOS
from verify.report.landscape.sizes import Landscape, Row
from verify.report.tables import shown

_MOST_ROWS = 13
_DAGGER = r"$^\dagger$"
_COUNTS = {"nonzero": "nonzero parameters", "dense": "all parameters, zero or not"}


def latex_table(landscapes: Sequence[Landscape]) -> str:
    """Return the table: sizes of networks rounded up, lower bounds down, where digits are left out.

    The smallest network of a line is bold. Lower bounds are in the last columns, after a ``>``.
    """
    blocks = [(landscape, counts) for landscape in landscapes for counts in _COUNTS]
    wide = max(len(_names(*block)) + 1 for block in blocks)
    lines = ["% Sizes of robust memorizers and lower bounds. Needs booktabs."]
    lines += [rf"\begin{{tabular}}{{{'r' * wide}}}", r"\toprule"]
    for place, (landscape, counts) in enumerate(blocks):
        names = _names(landscape, counts)
        lines += [r"\midrule"] if place else []
        lines.append(rf"\multicolumn{{{wide}}}{{l}}{{{_title(landscape)}, {_COUNTS[counts]}}} \\")
        marked = {name for row in landscape.rows for name in names if (entry := row.entry(name)) and entry.condition}
        lines.append(" & ".join([r"$\rho$", *(name + _DAGGER * (name in marked) for name in names)]) + r" \\")
        lines.append(r"\midrule")
        lines += [" & ".join(_cells(row, names, counts)) + r" \\" for row in _thinned(landscape.rows)]
    lines += [
        rf"\multicolumn{{{wide}}}{{l}}{{{_DAGGER} {name}: only for {_escaped(condition)}}} \\"
        for name, condition in _conditions(landscapes).items()
    ]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _conditions(landscapes: Sequence[Landscape]) -> dict[str, str]:
    entries = (entry for landscape in landscapes for row in landscape.rows for entry in row.entries)
    return {entry.name: entry.condition for entry in entries if entry.condition}


def _title(landscape: Landscape) -> str:
    setting = landscape.setting
    norm = {"linf": r"\ell_\infty", "l1": r"\ell_1", "l2": r"\ell_2"}[setting.norm]
    whose = "every data set" if setting.name is None else _escaped(setting.name)
    return rf"${norm}$, $N = {setting.points}$, $d = {setting.dim}$, {whose}"


def _escaped(text: str) -> str:
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(special.get(sign, "\\" + sign if sign in "#$%&_{}" else sign) for sign in text)


def _names(landscape: Landscape, counts: str) -> list[str]:
    """Return the constructions counted anywhere, then the bounds on this count."""
    built = [
        name
        for name in landscape.names
        if any((entry := row.entry(name)) is not None and getattr(entry, counts) for row in landscape.rows)
    ]
    return built + bound_names(landscape, counts)


def bound_names(landscape: Landscape, counts: str) -> list[str]:
    """Return the names of the lower bounds on one count, in the order they come up."""
    found = (bound.name for row in landscape.rows for bound in row.bounds if bound.counts == counts)
    return list(dict.fromkeys(found))


def _cells(row: Row, names: Sequence[str], counts: str) -> list[str]:
    smallest = row.smallest(counts)
    cells = [_ratio(row.ratio)]
    for name in names:
        entry, bound = row.entry(name), row.bound(name)
        size = None if entry is None else getattr(entry, counts)
        if bound is not None:
            cells.append(f"$>${shown(bound.size, up=False)}")
        elif size is None:
            cells.append("")
        else:
            text = shown(size, up=True)
            cells.append(rf"\textbf{{\boldmath {text}}}" if entry is smallest else text)
    return cells


def _ratio(ratio: Fraction) -> str:
    return f"${ratio.numerator}/{ratio.denominator}$"


def _thinned(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the default ratios where there are too many, or the first, the last, and some between."""
    if len(rows) <= _MOST_ROWS:
        return list(rows)
    usual = [row for row in rows if row.ratio in DEFAULT_RATIOS]
    return usual or [rows[place * (len(rows) - 1) // (_MOST_ROWS - 1)] for place in range(_MOST_ROWS)]
