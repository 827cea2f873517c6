"""Testing for users: strategies, the standard battery for a construction, broken twins.

The names load on first use; all but the pytest plugin need hypothesis, which comes with
``pip install robustproofs[testing]``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.testing import broken, broken_hard_sets, broken_manifolds, strategies
    from verify.testing.conformance import (
        STANDARD_CLAIMS,
        ConformanceFailure,
        ConformanceReport,
        check_construction,
    )

_MODULES = ("broken", "broken_hard_sets", "broken_manifolds", "strategies")
_HOMES = {
    "STANDARD_CLAIMS": "verify.testing.conformance",
    "ConformanceFailure": "verify.testing.conformance",
    "ConformanceReport": "verify.testing.conformance",
    "check_construction": "verify.testing.conformance",
}

__all__ = [
    "STANDARD_CLAIMS",
    "ConformanceFailure",
    "ConformanceReport",
    "broken",
    "broken_hard_sets",
    "broken_manifolds",
    "check_construction",
    "strategies",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return _loaded(f"verify.testing.{name}")
    if name in _HOMES:
        return getattr(_loaded(_HOMES[name]), name)
    raise AttributeError(f"module 'verify.testing' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def _loaded(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        message = "verify.testing needs hypothesis; install it: pip install robustproofs[testing]"
        raise ModuleNotFoundError(message, name="hypothesis") from None
