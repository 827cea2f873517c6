"""Gather an artifact: results, certificates proved again, checkers, texts, digests."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from constructions.errors import MalformedInput
from verify.artifact.archive import Content, content_digest, digest_list, write_archive
from verify.artifact.checklist import checklist
from verify.artifact.documents import COMMAND_FILE, PLAN, ROWS_FILE, commands, readme, rows_json
from verify.artifact.environment import license_text, lock_text
from verify.artifact.results import CHECKERS, RESULTS, Results, read_results
from verify.artifact.sources import named_sources
from verify.certificate import checker
from verify.certificate.issue import recheck

ROOT = "artifact"


@dataclass(frozen=True, slots=True)
class Artifact:
    """An archive that was written.

    Attributes:
        path: of the archive.
        digest: its SHA-256.
        names: of the files in it.
        sentences: certificate to what it proves.
    """

    path: Path
    digest: str
    names: tuple[str, ...]
    sentences: dict[str, str]


def write_artifact(folder: Path, path: Path, progress: Callable[[str, int, int], None] | None = None) -> Artifact:
    """Write a folder of results, and all that is needed to check it, as one archive.

    The same folder gives the same bytes. Every certificate is proved again on the way.

    Args:
        folder: filled by ``rproof check -o``, ``sweep -o`` or another verb.
        path: of the archive.
        progress: called with (stage, done, total).

    Raises:
        MalformedInput: a certificate is rejected, or the store of runs is damaged.
        UsageError: there are no results.
        OSError: the archive cannot be written.
    """
    results = read_results(folder, path)
    sentences = _sentences(results, progress)
    entries = _entries(results, sentences)
    entries["SHA256SUMS"] = digest_list(entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_archive(path, ROOT, entries)
    return Artifact(path, content_digest(path), tuple(sorted(entries)), sentences)


def _sentences(results: Results, progress: Callable[[str, int, int], None] | None) -> dict[str, str]:
    found = {}
    for done, name in enumerate(sorted(results.certificates)):
        if progress is not None:
            progress("recheck", done, len(results.certificates))
        try:
            found[name] = recheck(results.files[name])
        except MalformedInput as error:
            raise MalformedInput(f"{results.files[name]}: {error}") from None
    return found


def _entries(results: Results, sentences: dict[str, str]) -> dict[str, Content]:
    entries: dict[str, Content] = dict(results.files)
    if results.rows:
        entries[ROWS_FILE] = rows_json(results.rows).encode()
    if results.plan:
        entries[PLAN] = results.plan.encode()
    expected: dict[str, list[str]] = {}
    for name in sorted(sentences):
        expected.setdefault(results.certificates[name], []).append(name)
    for program, names in expected.items():
        stem = f"expected/{os.path.splitext(program)[0]}"
        entries[f"{stem}.files"] = "".join(f"{name}\n" for name in names).encode()
        entries[f"{stem}.txt"] = "".join(checker.plain(f"{name}: {sentences[name]}") + "\n" for name in names).encode()
    kept = results.files.get(f"{RESULTS}/{COMMAND_FILE}")
    typed = None if kept is None else kept.read_text(encoding="utf-8")
    sources = named_sources(results, typed, entries)
    entries |= sources.packed
    for program in sorted(set(CHECKERS.values())):
        entries[program] = Path(checker.__file__).with_name(program)
    texts = {
        "README.md": readme(results, expected),
        "CHECKLIST.md": checklist(results, typed, sources),
        "commands.txt": commands(results, typed, sources.missing),
        "constraints.txt": lock_text(),
        "LICENSE": license_text(),
    }
    return entries | {name: text.encode() for name, text in texts.items()}
