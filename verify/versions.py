"""The versions a result was found with."""

from __future__ import annotations

from functools import cache
from importlib import metadata


def versions() -> dict[str, str]:
    """Return the versions of this distribution and of what it computes with."""
    return dict(_versions())


@cache
def _versions() -> dict[str, str]:
    found = {}
    for name in ("robustproofs", "numpy", "scipy", "numba", "python-flint"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
