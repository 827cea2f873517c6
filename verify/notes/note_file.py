"""Read one proof note: a TOML header between ``+++`` lines, then four sections."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructions.errors import MalformedInput

KINDS = {"definition": "def", "theorem": "thm", "lemma": "lem", "fact": "fact"}
SECTIONS = ("Statement", "Our explicit version", "Why it holds", "What the check shows")

_FENCE = "+++"
_LISTS = ("uses", "builds", "claims", "checks")
_REQUIRED = ("id", "kind", "source", *_LISTS)


@dataclass(frozen=True, slots=True)
class Note:
    """One statement of the paper in words, with its links to code and tests.

    Attributes:
        path: the file.
        id: ``thm:robust-memorization-linf``.
        kind: ``definition``, ``theorem``, ``lemma`` or ``fact`` (cited, not checked).
        key: of the source in ``references.bib``.
        where: place in the source.
        uses: ids of the notes it rests on.
        builds: ``module:name`` of the code it explains.
        claims: names of its hypotheses and claims, as registered.
        checks: tests, ``tests/file.py::function``.
        bounds: claim to formula, as registered.
        sections: heading to text, in the order of ``SECTIONS``.
    """

    path: Path
    id: str
    kind: str
    key: str
    where: str
    uses: tuple[str, ...]
    builds: tuple[str, ...]
    claims: tuple[str, ...]
    checks: tuple[str, ...]
    bounds: dict[str, str]
    sections: dict[str, str]

    @property
    def word_id(self) -> str:
        """The id without its prefix, as the registry and the markers have it."""
        return self.id.partition(":")[2]


def is_note(path: Path) -> bool:
    """Return whether a file is a note by its name (``def_*.md``, ``thm_*.md`` ...)."""
    return path.suffix == ".md" and path.name.partition("_")[0] in KINDS.values()


def read_note(path: Path) -> Note:
    """Read a note strictly.

    Raises:
        MalformedInput: the header or the sections are not as they must be; the message
            names the file and the value.
    """
    header, body = _split(path)
    _check_fields(path, header)
    if header["kind"] not in KINDS:
        raise MalformedInput(f"{path.name}: kind {header['kind']!r} is none of {', '.join(KINDS)}")
    prefix, _, words = header["id"].partition(":")
    if prefix != KINDS[header["kind"]] or not words:
        raise MalformedInput(
            f"{path.name}: the id {header['id']!r} of a {header['kind']} must start {KINDS[header['kind']]}:"
        )
    expected = f"{prefix}_{words.replace('-', '_')}.md"
    if path.name != expected:
        raise MalformedInput(f"{path.name}: the note of {header['id']} must be in {expected}")
    return Note(
        path=path,
        id=header["id"],
        kind=header["kind"],
        key=header["source"]["key"],
        where=header["source"]["where"],
        **{name: tuple(header[name]) for name in _LISTS},
        bounds=dict(header.get("bounds", {})),
        sections=_sections(path, body),
    )


def _split(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MalformedInput(f"{path.name}: cannot be read: {error}") from None
    if not lines or lines[0] != _FENCE or _FENCE not in lines[1:]:
        raise MalformedInput(f"{path.name}: the header must stand between two lines {_FENCE}")
    end = lines.index(_FENCE, 1)
    try:
        return tomllib.loads("\n".join(lines[1:end])), lines[end + 1 :]
    except tomllib.TOMLDecodeError as error:
        raise MalformedInput(f"{path.name}: the header is not TOML: {error}") from None


def _check_fields(path: Path, header: dict[str, Any]) -> None:
    for name in _REQUIRED:
        if name not in header:
            raise MalformedInput(f"{path.name}: the header has no {name}")
    for name in header:
        if name not in (*_REQUIRED, "bounds"):
            raise MalformedInput(f"{path.name}: the header has an unknown field {name!r}")
    for name in ("id", "kind"):
        if not isinstance(header[name], str):
            raise MalformedInput(f"{path.name}: {name} must be text, found {header[name]!r}")
    for name in _LISTS:
        values = header[name]
        if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
            raise MalformedInput(f"{path.name}: {name} must be a list of texts, found {values!r}")
        if len(set(values)) < len(values):
            raise MalformedInput(f"{path.name}: {name} names something twice")
    for name, keys in (("source", {"key", "where"}), ("bounds", None)):
        table = header.get(name, {})
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise MalformedInput(f"{path.name}: {name} must be a table of texts, found {table!r}")
        if keys is not None and set(table) != keys:
            raise MalformedInput(f"{path.name}: {name} must have {', '.join(sorted(keys))}, found {', '.join(table)}")


def _sections(path: Path, body: list[str]) -> dict[str, str]:
    """Return the text under each heading; a ``# title`` may come before the first."""
    found: list[tuple[str, list[str]]] = []
    fenced = False
    for line in body:
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            found.append((line[3:].strip(), []))
        elif found:
            found[-1][1].append(line)
        elif line.strip() and not line.startswith("# "):
            raise MalformedInput(f"{path.name}: {line[:40]!r} stands before the first section")
    headings = [heading for heading, _ in found]
    if headings != list(SECTIONS):
        raise MalformedInput(f"{path.name}: the sections must be {', '.join(SECTIONS)}, found {', '.join(headings)}")
    sections = {heading: "\n".join(lines).strip() for heading, lines in found}
    for heading, text in sections.items():
        if not text:
            raise MalformedInput(f"{path.name}: the section {heading!r} is empty")
    return sections
