"""The versions and the licence that go with an artifact, from the checkout or the installation."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "robustproofs"
_CHECKOUT = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def lock_text() -> str:
    """Return the pinned versions: ``constraints.txt`` of a checkout, else those installed."""
    pinned = _CHECKOUT / "constraints.txt"
    if pinned.is_file():
        return pinned.read_text(encoding="utf-8")
    lines = sorted(f"{name}=={version}" for name, version in _installed(DISTRIBUTION).items() if name != DISTRIBUTION)
    return "# The versions installed when this artifact was made.\n" + "".join(f"{line}\n" for line in lines)


def _installed(distribution: str) -> dict[str, str]:
    """Return a distribution and everything installed that it rests on, with versions."""
    found: dict[str, str] = {}
    waiting = [distribution]
    while waiting:
        match = _NAME.match(waiting.pop())
        name = "" if match is None else re.sub(r"[-_.]+", "-", match[0]).lower()
        if not name or name in found:
            continue
        try:
            entry = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = entry.version
        waiting += [requirement for requirement in entry.requires or [] if "extra ==" not in requirement]
    return found


def license_text() -> str:
    """Return the licence of this program."""
    here = _CHECKOUT / "LICENSE"
    if here.is_file():
        return here.read_text(encoding="utf-8")
    for path in metadata.files(DISTRIBUTION) or []:
        if path.name == "LICENSE":
            return path.read_text(encoding="utf-8")
    return "MIT\n"


def version() -> str:
    """Return the version of this distribution."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "not installed"
