"""The data files that results were made from, as far as they can go along."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from constructions.errors import MalformedInput
from verify.artifact.archive import content_digest
from verify.artifact.results import Results
from verify.sweep.instance_options import FILE_ENDINGS

_ENDINGS = (*FILE_ENDINGS, ".vnnlib", ".safetensors", ".toml")


@dataclass(slots=True)
class Sources:
    """The files that rows and the kept command name.

    Attributes:
        packed: name to the file, for those that go along.
        missing: names of the others: gone, changed, or not below the present folder.
    """

    packed: dict[str, Path] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def named_sources(results: Results, typed: str | None, taken: Iterable[str]) -> Sources:
    """Return the files that the results name, under their own names.

    A file that a row names must be what it was; the command that was typed keeps no digest, so
    its files are packed as they are now.

    Args:
        results: the results.
        typed: the command that was typed, where it was kept.
        taken: names that are in the archive already.

    Raises:
        MalformedInput: the command cannot be split into words.
    """
    named: dict[str, str | None] = dict.fromkeys(files_of_command(typed or ""))
    for row in results.rows:
        named |= row.job.parameters.get("files", {})
    found, used = Sources(), set(taken)
    for name, digest in sorted(named.items()):
        path = Path(name)
        inside = not path.is_absolute() and ".." not in path.parts and path.as_posix() == name and name.isprintable()
        if inside and name not in used and path.is_file() and digest in (None, content_digest(path)):
            found.packed[name] = path
        else:
            found.missing.append(name)
    return found


def files_of_command(typed: str) -> list[str]:
    """Return the words of a command that name a file it reads.

    Raises:
        MalformedInput: the command cannot be split into words.

    Example:
        >>> files_of_command("rproof check 2.2 --data mine.csv --output o.json")
        ['mine.csv']
    """
    try:
        words = shlex.split(typed)
    except ValueError as error:
        raise MalformedInput(f"the command kept with the results is damaged: {error}") from None
    return [
        word
        for before, word in zip(["", *words], words, strict=False)
        if before not in ("-o", "--output") and not word.startswith("-") and word.lower().endswith(_ENDINGS)
    ]
