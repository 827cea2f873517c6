"""A zip archive whose bytes depend on its content alone."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

Content = bytes | Path
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_PIECE = 1 << 20


def write_archive(path: Path, root: str, entries: Mapping[str, Content]) -> None:
    """Write entries under one folder, in order of their names, with fixed times and modes.

    Args:
        path: of the archive; it is complete or absent.
        root: name of the folder inside.
        entries: name inside to its bytes, or to the file that has them.

    Raises:
        OSError: a file cannot be read, or the archive not written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in sorted(entries):
                _add(archive, f"{root}/{name}", entries[name])
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _add(archive: zipfile.ZipFile, name: str, content: Content) -> None:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.create_system, entry.external_attr, entry.compress_type = 3, 0o100644 << 16, zipfile.ZIP_DEFLATED
    if isinstance(content, bytes):
        archive.writestr(entry, content)
        return
    with open(content, "rb") as source, archive.open(entry, "w", force_zip64=True) as target:
        while piece := source.read(_PIECE):
            target.write(piece)


def content_digest(content: Content) -> str:
    """Return the SHA-256 of bytes or of a file, in hexadecimal."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with open(content, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def digest_list(entries: Mapping[str, Content]) -> bytes:
    """Return the digests of all entries, as ``sha256sum --check`` reads them."""
    return "".join(f"{content_digest(entries[name])}  {name}\n" for name in sorted(entries)).encode()
