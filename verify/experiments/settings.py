"""Tables of a plan: which keys an experiment takes, what they may be, and a message for what they may not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.errors import UsageError
from constructions.exact.rational import exact_fraction, parse_fraction


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a table: how to read its value, and the value it has where it is left out.

    Attributes:
        read: returns the value, or raises ``UsageError`` with what is allowed.
        default: ``None`` where the key must be given.
        many: a list is read, value by value, and must hold one at least.
    """

    read: Callable[[Any], Any]
    default: Any = None
    many: bool = False

    def value(self, given: Any) -> Any:
        """Return the value of the key."""
        if not self.many:
            return self.read(given)
        if not isinstance(given, list) or not given:
            raise UsageError("must be a list with one value at least")
        return [self.read(item) for item in given]


def whole(least: int, most: int) -> Callable[[Any], int]:
    """Return a reader of integers in a range."""

    def read(given: Any) -> int:
        if type(given) is not int or not least <= given <= most:
            raise UsageError(f"must be an integer from {least} to {most}")
        return given

    return read


def fraction(least: str, most: str) -> Callable[[Any], str]:
    """Return a reader of exact numbers strictly above one and at most another, kept as text."""

    def read(given: Any) -> str:
        try:
            value = parse_fraction(given, "number") if isinstance(given, str) else exact_fraction(given, "number")
        except ValueError:
            raise UsageError('must be an exact number such as 1, 0.05 or "1/2"') from None
        if not Fraction(least) < value <= Fraction(most):
            raise UsageError(f"must be above {least} and at most {most}")
        return str(value)

    return read


def one_of(*allowed: str) -> Callable[[Any], str]:
    """Return a reader of words from a list."""

    def read(given: Any) -> str:
        if given not in allowed:
            raise UsageError(f"must be one of {', '.join(allowed)}")
        return str(given)

    return read


def text(given: Any) -> str:
    """Read text."""
    if not isinstance(given, str) or not given:
        raise UsageError("must be text")
    return given


def read_table(where: str, table: Any, keys: Mapping[str, Key]) -> dict[str, Any]:
    """Return every key of a table with its value, those left out with their defaults.

    Raises:
        UsageError: a key is unknown or missing, or has a value it may not have; the message names table, key
            and value.
    """
    if not isinstance(table, dict):
        raise UsageError(f"{where} must be a table")
    unknown = sorted(set(table) - set(keys))
    if unknown:
        raise UsageError(f"{where} has no key {unknown[0]!r}; its keys are {', '.join(keys)}")
    found: dict[str, Any] = {}
    for name, key in keys.items():
        given = table.get(name, key.default)
        if given is None:
            raise UsageError(f"{where} needs the key {name!r}")
        try:
            found[name] = key.value(given)
        except UsageError as error:
            raise UsageError(f"{where}: {name} = {str(given)[:60]!r} {error}") from None
    return found


TRAINING = {
    "depth": Key(whole(2, 16), 3),
    "norm": Key(one_of("linf", "l2"), "linf"),
    "epochs": Key(whole(1, 10**6), 1000),
    "rate": Key(fraction("0", "100"), "1/100"),
    "optimizer": Key(one_of("adam", "sgd"), "adam"),
    "batch": Key(whole(1, 2**20), 256),
    "attack_steps": Key(whole(1, 1000), 5),
    "point_seconds": Key(whole(1, 3600), 5),
}
"""Keys of every experiment that trains."""
SEEDS = Key(whole(0, 2**32 - 1), [0], many=True)
HARD_SET = {
    "dim": Key(whole(2, 64), 3),
    "ratio": Key(fraction("0", "1"), "1/2"),
}
"""Keys of experiments on hard sets: their dimension, and the radius over eps."""
