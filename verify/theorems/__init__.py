"""Statements of the paper, one file each, and their registry.

``verify.theorems`` is this package and, called, the list of statements: Python binds a
subpackage to its parent under its own name, so the function must live in the same place.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verify.theorem import Theorem


class _Theorems(ModuleType):
    """The package, callable."""

    def __call__(self) -> tuple[Theorem, ...]:
        """Return every registered statement, in the paper's order."""
        from verify.theorems.registry import theorems

        return theorems()


sys.modules[__name__].__class__ = _Theorems
