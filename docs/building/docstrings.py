"""Make docstrings safe to read as reStructuredText: what they mean literally stays literal."""

from __future__ import annotations

import re
from itertools import groupby

LITERAL = re.compile(r"(``.*?``)")
SPECIAL = re.compile(r"([\\|`]|\*(?! )|(?<=\S)\*|(?<=\w)_(?!\w))")  # a bullet is none
THEOREM = re.compile(r"^(\s*)Theorem: (.+)$")
HEADING = re.compile(r"^(?:[A-Z]\w+:$|[*-] |\d+\. )")
SECTIONS = ("Assumes", "Accepts", "Decides", "Method", "Cost", "Reference")


def literal_lines(lines: list[str]) -> list[str]:
    """Return the lines of a docstring with every special character outside of code escaped.

    Args:
        lines: Google style; double backticks are code, ``>>>`` starts an example that ends with a blank line.
    """
    found: list[str] = []
    for blank, group in groupby(lines, lambda line: not line.strip()):
        paragraph = list(group)
        found.extend(paragraph if blank else _paragraph(paragraph))
    return found


def _paragraph(lines: list[str]) -> list[str]:
    first = next((place for place, line in enumerate(lines) if line.lstrip().startswith(">>>")), len(lines))
    told = [_line(line) for line in lines[:first]]
    if any(line.startswith(" ") for line in told) and not told[0].startswith(" ") and not HEADING.match(told[0]):
        told = [f"| {line}" for line in told]  # set out by hand, so its lines are kept
    return told + lines[first:]


def _line(line: str) -> str:
    theorem = THEOREM.match(line)
    if theorem:
        return f"{theorem[1]}Theorem: {', '.join(_note(name.strip()) for name in theorem[2].split(','))}"
    parts = LITERAL.split(line)
    parts[::2] = [SPECIAL.sub(r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def _note(name: str) -> str:
    return f":doc:`{name} </proofs_notes/{name.replace(':', '_').replace('-', '_')}>`"
