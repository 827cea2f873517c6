"""What a cell of the table is made of: statements, each with the instance it is measured on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Side = Literal["upper", "lower"]
Role = Literal["printed", "failing", "ours"]

# The verdict with which a line of each role confirms the table.
EXPECTED = {"printed": "holds", "failing": "violated", "ours": "holds"}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in one line, for a screen and for LaTeX."""

    text: str
    latex: str


@dataclass(frozen=True, slots=True)
class Line:
    """One statement on one instance.

    Attributes:
        name: of the line, in the cell; also of its files, after the cell's.
        role: ``printed`` on an instance where it comes out true, ``failing`` where it does not, ``ours`` for the
            sharper statement beneath.
        theorem: id of the statement.
        statement: in one line.
        claim: the claim that sets what was measured against what the statement promises.
        options: the instance, as a plan of ``rproof sweep`` writes it.
        beside: cell and line whose two sides hold for this instance too, if the line itself has none.
    """

    name: str
    role: Role
    theorem: str
    statement: Statement
    claim: str
    options: dict[str, Any] = field(default_factory=dict)
    beside: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the paper's table.

    Attributes:
        name: of its files.
        setting: the row of the table.
        side: the column: an upper bound on the parameters that are enough, or a lower bound on those needed.
        entry: what the table prints there.
        paper: number of the theorem it cites.
        lines: what was measured.
    """

    name: str
    setting: str
    side: Side
    entry: Statement
    paper: str
    lines: tuple[Line, ...]


def file_stem(cell: Cell, line: Line) -> str:
    """Return the name of a line's files, without its ending."""
    return f"{cell.name}-{line.name}"
