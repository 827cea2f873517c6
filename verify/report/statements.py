"""What a registered statement says, for a page that is read without the project beside it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from verify.theorems.registry import find_theorem

_SECTIONS = re.compile(r"\n\n(?:Theorem|Assumes|Args|Returns|Guarantees|Raises|Cost|Example):")


def statement_of(theorem: str) -> dict[str, Any]:
    """Return id, number, title and full statement of a theorem, and the name of its proof note.

    The statement is the one beside the code that checks it, so that page and program cannot say different things.

    Args:
        theorem: word id, or number of a printed statement.

    Raises:
        UsageError: there is no such statement.

    Example:
        >>> found = statement_of("3.4")
        >>> found["id"], found["note"], found["text"].split(".")[0]
        ('hard-separated-sets-as-printed', 'thm_hard_separated_sets_as_printed.md', 'Check Theorem 3')
    """
    entry = find_theorem(theorem)
    text = inspect.getdoc(entry.run) or entry.title
    name = re.search(r"\b((?:thm|def|lem|fact):[a-z0-9-]+)", text)
    note = entry.id if name is None else name[1]
    kind, _, rest = note.rpartition(":")
    return {
        "id": entry.id,
        "paper": entry.paper,
        "title": entry.title,
        "corrected": entry.corrected,
        "text": _SECTIONS.split(f"\n\n{text}\n", maxsplit=1)[0].replace("``", "").strip(),
        "note": f"{kind or 'thm'}_{rest.replace('-', '_')}.md",
    }


def note_text(name: str) -> str | None:
    """Return a proof note as it is written, ``None`` where the notes are not beside the packages.

    Args:
        name: of the file in ``proofs_notes``.
    """
    path = Path(__file__).resolve().parents[2] / "proofs_notes" / name
    return path.read_text(encoding="utf-8") if path.is_file() else None
