"""Every link of every proof note, both ways: ids, uses, code, tests, registry, sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import networkx

from constructions.errors import MalformedInput
from verify.notes.code_links import documented_ids, ids_of, resolve
from verify.notes.formulas import same_formula
from verify.notes.marked_tests import MarkedTest, find_test
from verify.notes.note_file import Note, is_note, read_note
from verify.notes.prose import bibliography_keys, bibliography_problems, dangling_references, missing_from_index
from verify.theorem import Theorem
from verify.theorems.registry import theorems

_REGISTERED_KINDS = ("definition", "theorem")


@dataclass(frozen=True, slots=True)
class NotesReport:
    """What a check of the notes found.

    Attributes:
        folder: of the notes.
        notes: those that could be read, by id.
        problems: broken links, one line each.
        unchecked: claims that no test names, ``id: claim``.
    """

    folder: Path
    notes: tuple[Note, ...]
    problems: tuple[str, ...]
    unchecked: tuple[str, ...]

    def render(self) -> str:
        """Return the report as lines of text."""
        lines = [f"{len(self.notes)} notes, {len(self.problems)} problems"]
        lines += [f"problem: {problem}" for problem in self.problems]
        lines += [f"stated, not checked: {claim}" for claim in self.unchecked]
        return "\n".join(lines)


def check_notes(folder: Path, root: Path | None = None) -> NotesReport:
    """Check every link of the notes in a folder.

    Args:
        folder: of the notes, with ``references.bib`` and ``README.md``.
        root: of the project, where the tests are; the parent of the folder by default.

    Returns:
        The notes, the broken links, and the claims that no test checks.
    """
    place = folder.resolve().parent if root is None else root
    notes, problems = _readable(folder)
    unchecked: list[str] = []
    registry = {theorem.id: theorem for theorem in theorems()}
    keys = set(bibliography_keys(folder))
    for note in notes:
        found = [*_source(note, keys), *_builds(note), *_registered(note, registry)]
        tests, broken = _tests(note, place)
        covered = {claim for test in tests for claim in test.claims[note.word_id]}
        found += [
            *broken,
            *(f"a test claims to check {claim!r}, no claim" for claim in sorted(covered - set(note.claims))),
        ]
        problems.extend(f"{note.path.name}: {problem}" for problem in found)
        unchecked.extend(f"{note.id}: {claim}" for claim in note.claims if claim not in covered)
    ids = {note.id for note in notes}
    problems.extend(_identities(notes, registry))
    problems.extend(_uses(notes))
    problems.extend(_code_without_note(notes))
    problems.extend(missing_from_index(folder, [note.path.name for note in notes]))
    problems.extend(bibliography_problems(folder, {note.key for note in notes}))
    problems.extend(dangling_references(folder, place, ids))
    return NotesReport(folder, tuple(notes), tuple(dict.fromkeys(problems)), tuple(unchecked))


def _readable(folder: Path) -> tuple[list[Note], list[str]]:
    notes, problems = [], []
    for path in sorted(folder.glob("*.md")):
        if is_note(path):
            try:
                notes.append(read_note(path))
            except MalformedInput as error:
                problems.append(str(error))
    if not notes:
        problems.append(f"{folder.name}: there are no notes")
    return sorted(notes, key=lambda note: note.id), problems


def _source(note: Note, keys: set[str]) -> Iterator[str]:
    if note.key not in keys:
        yield f"the source {note.key} is not in references.bib"


def _builds(note: Note) -> Iterator[str]:
    for reference in note.builds:
        try:
            carried = ids_of(resolve(reference).__doc__)
        except MalformedInput as error:
            yield str(error)
            continue
        if note.id not in carried:
            yield f"the docstring of {reference} has no line 'Theorem: {note.id}'"


def _registered(note: Note, registry: dict[str, Theorem]) -> Iterator[str]:
    """Compare claims and bounds with the registry; facts and lemmas may be absent from it."""
    theorem = registry.get(note.word_id)
    if theorem is None:
        if note.kind in _REGISTERED_KINDS:
            yield f"{note.word_id} is not registered"
        return
    if sorted(note.claims) != sorted(theorem.claims):
        yield f"claims are {', '.join(note.claims)}; registered are {', '.join(theorem.claims)}"
    for claim in sorted({*note.bounds, *theorem.bounds}):
        ours, registered = note.bounds.get(claim), theorem.bounds.get(claim)
        if ours is None or registered is None:
            yield f"the bound of {claim} is {ours or 'missing'}; registered is {registered or 'none'}"
            continue
        try:
            if not same_formula(ours, registered):
                yield f"the bound of {claim} is {ours}; registered is {registered}"
        except MalformedInput as error:
            yield f"the bound of {claim}: {error}"


def _tests(note: Note, root: Path) -> tuple[list[MarkedTest], list[str]]:
    tests, problems = [], []
    for reference in note.checks:
        try:
            test = find_test(root, reference)
        except MalformedInput as error:
            problems.append(str(error))
            continue
        if note.word_id in test.claims:
            tests.append(test)
        else:
            problems.append(f'{reference} is not marked @pytest.mark.theorem("{note.word_id}")')
    return tests, problems


def _identities(notes: list[Note], registry: dict[str, Theorem]) -> Iterator[str]:
    words = Counter(note.word_id for note in notes)
    yield from (f"{word} has {count} notes" for word, count in words.items() if count > 1)
    yield from (f"{word} is registered and has no note" for word in registry if word not in words)


def _uses(notes: list[Note]) -> Iterator[str]:
    graph = networkx.DiGraph([(note.id, used) for note in notes for used in note.uses])
    known = {note.id for note in notes}
    yield from (f"{one} uses {other}, which is no note" for one, other in graph.edges if other not in known)
    try:
        cycle = networkx.find_cycle(graph)
    except networkx.NetworkXNoCycle:
        return
    yield f"uses go in a circle: {' -> '.join([one for one, _ in cycle] + [cycle[-1][1]])}"


def _code_without_note(notes: list[Note]) -> Iterator[str]:
    """The way back: whatever carries an id must be named by the note of that id."""
    builds = {note.id: note.builds for note in notes}
    for name, ids in documented_ids().items():
        for carried in ids:
            if carried not in builds:
                yield f"{name} carries {carried}, which is no note"
            elif name not in builds[carried]:
                yield f"{name} carries {carried}, whose note does not name it"
