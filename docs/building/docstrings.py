"""Make docstrings safe to read as reStructuredText: what they mean literally stays literal."""

from __future__ import annotations

import re

LITERAL = re.compile(r"(``.*?``)")
SPECIAL = re.compile(r"([\\|`]|\*(?! )|(?<=\S)\*|(?<=\w)_(?!\w))")  # a bullet is none
THEOREM = re.compile(r"^(\s*)Theorem: (.+)$")
SECTIONS = ("Assumes", "Accepts", "Decides", "Method", "Cost", "Reference")


def literal_lines(lines: list[str]) -> list[str]:
    """Return the lines of a docstring with every special character outside of code escaped.

    Args:
        lines: Google style; double backticks are code, ``>>>`` starts an example that ends with a blank line.
    """
    found: list[str] = []
    example = False
    for line in lines:
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        theorem = THEOREM.match(line)
        if example:
            found.append(line)
        elif theorem:
            found.append(f"{theorem[1]}Theorem: {', '.join(_note(name.strip()) for name in theorem[2].split(','))}")
        else:
            found.append(_escaped(line))
    return found


def _escaped(line: str) -> str:
    parts = LITERAL.split(line)
    parts[::2] = [SPECIAL.sub(r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def _note(name: str) -> str:
    return f":doc:`{name} </proofs_notes/{name.replace(':', '_').replace('-', '_')}>`"
