"""The versions a result was found with."""

from __future__ import annotations

from importlib import metadata


def versions() -> dict[str, str]:
    """Return the versions of this distribution and of what it computes with."""
    found = {}
    for name in ("robustproofs", "numpy", "scipy", "numba", "python-flint"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
