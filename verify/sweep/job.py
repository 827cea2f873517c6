"""One piece of work, named by what it is: the same work has the same key everywhere."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.errors import InexactInput, UsageError


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of work and its parameters.

    Parameters are JSON values: text, integers, finite floats, true and false, null, lists,
    and tables with text for keys. A fraction becomes its text ``"p/q"``, a tuple a list.

    Attributes:
        kind: what sort of work it is, such as ``"check"``.
        parameters: everything that its result depends on.

    Raises:
        InexactInput: a number is NaN or infinite.
        UsageError: a value is not a JSON value; the message says where it stands.

    Example:
        >>> from fractions import Fraction
        >>> job = Job("check", {"theorem": "separation", "radius": Fraction(3, 32)})
        >>> job.parameters["radius"], job.key[:12]
        ('3/32', '9c3aa3b7f89b')
        >>> job.key == Job("check", {"radius": "3/32", "theorem": "separation"}).key
        True
    """

    kind: str
    parameters: dict[str, Any]

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or not self.kind:
            raise UsageError(f"the kind of a job is a word, not {self.kind!r}")
        if not isinstance(self.parameters, dict):
            raise UsageError(f"the parameters of a job are a dict, not {type(self.parameters).__name__}")
        object.__setattr__(self, "parameters", json_value(self.parameters, "parameters"))

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def key(self) -> str:
        """The SHA-256 of kind and parameters in canonical JSON, in hexadecimal."""
        return digest(canonical_json({"kind": self.kind, "parameters": self.parameters}))


def json_value(value: Any, where: str) -> Any:
    """Return a value with only JSON in it: fractions as text, tuples as lists.

    Args:
        value: what to convert.
        where: what the value is, for the message.

    Raises:
        InexactInput: a number is NaN or infinite.
        UsageError: something in it is no JSON value.
    """
    if value is None or isinstance(value, (bool, str)) or type(value) is int:
        return value
    if isinstance(value, Fraction):
        return str(value)
    if type(value) is float:
        if not math.isfinite(value):
            raise InexactInput(f"{where} is {value}, which is not a finite number")
        return value
    if isinstance(value, (list, tuple)):
        return [json_value(item, f"{where}[{place}]") for place, item in enumerate(value)]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise UsageError(f"{where} has the key {key!r}; keys are text")
        return {key: json_value(item, f"{where}.{key}") for key, item in value.items()}
    raise UsageError(f"{where} is a {type(value).__name__}, which is not a JSON value: {value!r}")


def canonical_json(value: Any) -> str:
    """Return the one text that stands for a JSON value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
