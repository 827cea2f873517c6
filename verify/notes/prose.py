"""What the pages beside the notes refer to: names, files, tests, ids and sources."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

from constructions.errors import MalformedInput
from verify.notes.code_links import resolve
from verify.notes.marked_tests import find_test

BIBLIOGRAPHY = "references.bib"

_TEST = re.compile(r"`(tests/[\w./-]+\.py::[\w:]+)`")
_CODE = re.compile(r"`((?:constructions|verify)(?:\.\w+)*(?::[\w.]+)?)`")
_FILE = re.compile(r"`((?:constructions|verify|tests|proofs_notes)/[\w./-]*)`")
_ID = re.compile(r"\b((?:def|lem|thm|fact):[a-z0-9]+(?:-[a-z0-9]+)*)")
_IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
_CITATION = re.compile(r"\[([a-z]+\d{4}[a-z0-9]*)\]")
_ENTRY = re.compile(r"^@\w+\{([^,\s]+),", re.MULTILINE)


def bibliography_keys(folder: Path) -> list[str]:
    """Return the keys of ``references.bib`` in order, none when there is no such file."""
    path = folder / BIBLIOGRAPHY
    return _ENTRY.findall(path.read_text(encoding="utf-8")) if path.is_file() else []


def dangling_references(folder: Path, root: Path, ids: set[str]) -> list[str]:
    """Return, for every page of the folder, what it refers to and does not exist."""
    keys = bibliography_keys(folder)
    problems: list[str] = []
    for page in sorted(folder.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        problems.extend(f"{page.name}: {problem}" for problem in _dangling(text, root, ids, keys))
        places = {link: Path(os.path.normpath(root / folder.name / link)) for link in images_shown(text)}
        problems.extend(f"{page.name}: there is no image {link}" for link in places if not places[link].is_file())
    return problems


def images_shown(text: str) -> list[str]:
    """Return the addresses of the images that a text shows, in order."""
    return _IMAGE.findall(text)


def tests_named(text: str) -> list[str]:
    """Return the tests that a text names, in order."""
    return _TEST.findall(text)


def code_named(text: str) -> list[str]:
    """Return the modules and names of code that a text names, in order."""
    return _CODE.findall(text)


def bibliography_problems(folder: Path, cited: set[str]) -> list[str]:
    """Return the keys that occur twice and those that nothing cites.

    Args:
        folder: of the notes.
        cited: keys that the headers of the notes cite.
    """
    counts = Counter(bibliography_keys(folder))
    used = cited.union(*(_CITATION.findall(page.read_text(encoding="utf-8")) for page in folder.glob("*.md")))
    twice = [f"{BIBLIOGRAPHY}: the key {key} occurs {times} times" for key, times in counts.items() if times > 1]
    return twice + [f"{BIBLIOGRAPHY}: nothing cites {key}" for key in counts if key not in used]


def missing_from_index(folder: Path, names: list[str]) -> list[str]:
    """Return a problem for every note that README.md does not link to."""
    index = folder / "README.md"
    text = index.read_text(encoding="utf-8") if index.is_file() else ""
    return [f"README.md: no link to {name}" for name in names if f"({name})" not in text]


def _dangling(text: str, root: Path, ids: set[str], keys: list[str]) -> list[str]:
    problems = [f"{found} is no note" for found in sorted(set(_ID.findall(text)) - ids)]
    problems += [f"[{key}] is not in {BIBLIOGRAPHY}" for key in sorted(set(_CITATION.findall(text)) - set(keys))]
    problems += [f"there is no {name}" for name in sorted(set(_FILE.findall(text))) if not (root / name).exists()]
    for reference in sorted({*_TEST.findall(text), *_CODE.findall(text)}):
        try:
            if reference.startswith("tests/"):
                find_test(root, reference)
            else:
                resolve(reference)
        except MalformedInput as error:
            problems.append(str(error))
    return problems
