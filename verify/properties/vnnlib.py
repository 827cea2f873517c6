"""VNN-LIB files, versions 1.0 and 2.0: what a property of a network forbids, exactly."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from constructions.errors import MalformedInput, UsageError
from verify.properties.cases import Property
from verify.properties.linear_forms import Formula, Variable, formula
from verify.properties.normal_form import cases_of
from verify.properties.s_expressions import Expression, Index, commands

_LARGEST_FILE = 2**28
_MOST_VARIABLES = 2**24
_FLAT_NAME = re.compile("([XY])_(0|[1-9][0-9]{0,7})")
_NAME = re.compile("[A-Za-z][A-Za-z0-9_-]{0,200}")
_VERSION = re.compile("<2[.][0-9]{1,3}>")
_TYPES = ("real", "Real", "float16", "float32", "float64")
_REMARKS = ("set-logic", "set-info", "set-option")
_ENDINGS = ("check-sat", "get-model", "exit")


def read_vnnlib(path: str | Path) -> Property:
    """Read the property of a VNN-LIB file, version 1.0 or 2.0; see ``parse_vnnlib``.

    Raises:
        MalformedInput: the file is damaged, or says what cannot be read; its line is named.
        BudgetExceeded: the assertions make too many cases.
        UsageError: there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if path.stat().st_size > _LARGEST_FILE:
        raise MalformedInput(f"{path.name} is larger than {_LARGEST_FILE} bytes")
    try:
        return parse_vnnlib(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MalformedInput(f"{path.name} is not UTF-8 text") from None
    except MalformedInput as error:
        raise MalformedInput(f"{path.name}, {error}") from None


def parse_vnnlib(text: str) -> Property:
    """Return the property of a VNN-LIB text: the assertions describe what must not happen.

    Version 1.0 declares ``X_0, ...`` and ``Y_0, ...``; version 2.0 starts with
    ``(vnnlib-version <2.0>)`` and declares one network with one input and one output, whose
    entries are taken row by row. Assertions combine, with ``and`` and ``or``, bounds of
    single inputs and linear conditions on outputs. Every number is exact, and the network
    is meant as a function of real numbers, whatever the declared type.

    Raises:
        MalformedInput: the text is damaged, or says what cannot be read; its line is named.
        BudgetExceeded: the assertions make too many cases.

    Example:
        >>> found = parse_vnnlib('''
        ...     (declare-const X_0 Real) (declare-const Y_0 Real)
        ...     (assert (>= X_0 0.1)) (assert (<= X_0 (/ 1 3))) (assert (<= (* 2 Y_0) 1))''')
        >>> found.cases[0].lower[0], found.cases[0].upper[0], found.cases[0].constraints[0].bound
        (Fraction(1, 10), Fraction(1, 3), Fraction(1, 1))
    """
    reader = _Reader()
    line = 1
    try:
        for start, command in commands(text):
            line = start
            reader.take(command)
        line = text.count("\n") + 1
        inputs, outputs = reader.sizes()
    except MalformedInput as error:
        raise MalformedInput(str(error) if str(error).startswith("line ") else f"line {line}: {error}") from None
    try:
        return Property(inputs, outputs, cases_of(reader.assertions, inputs))
    except MalformedInput as error:
        raise MalformedInput(f"the assertions: {error}") from None


@dataclass(slots=True)
class _Reader:
    """What the commands read so far have said.

    Attributes:
        indexed: whether the file is of version 2.
        shapes: by name, whether it is an input or an output, and its shape; version 2.
        flat: the variables declared one by one; version 1.
        assertions: the conditions.
        started: whether a command came before.
        ended: whether a command came that ends the file.
    """

    indexed: bool = False
    shapes: dict[str, tuple[str, Index]] = field(default_factory=dict)
    flat: set[Variable] = field(default_factory=set)
    assertions: list[Formula] = field(default_factory=list)
    started: bool = False
    ended: bool = False

    def take(self, command: list[Expression]) -> None:
        """Read one command."""
        name, first, self.started = (command[0] if command else None), not self.started, True
        if name == "vnnlib-version":
            self._version(command, first)
        elif self.ended and name not in _ENDINGS:
            raise MalformedInput(f"{name} stands behind the end of the file")
        elif name == "assert":
            if len(command) != 2:
                raise MalformedInput(f"assert takes one condition, not {len(command) - 1}")
            self.assertions.append(formula(command[1], self._resolve))
        elif name == "declare-network" and self.indexed:
            self._network(command)
        elif name in ("declare-const", "declare-fun") and not self.indexed:
            self._variable(command)
        elif name in _ENDINGS:
            self.ended = True
        elif name not in _REMARKS or self.indexed:
            shown = str(name)[:40] if isinstance(name, str) else "a command"
            raise MalformedInput(f"{shown} cannot be read in version {2 if self.indexed else 1} of VNN-LIB")

    def sizes(self) -> tuple[int, int]:
        """Return the numbers of inputs and outputs, once all is read."""
        if self.indexed:
            sizes = {kind: math.prod(shape) for kind, shape in self.shapes.values()}
        else:
            sizes = {kind: sum(1 for found, _ in self.flat if found == kind) for kind in "XY"}
            missing = [f"{kind}_{i}" for kind in "XY" for i in range(sizes[kind]) if (kind, i) not in self.flat]
            if missing:
                raise MalformedInput(f"{missing[0]} is not declared, but one after it is")
        if not sizes.get("X") or not sizes.get("Y"):
            raise MalformedInput("at least one input and one output must be declared")
        return sizes["X"], sizes["Y"]

    def _version(self, command: list[Expression], first: bool) -> None:
        word = command[1] if len(command) == 2 else None
        if not first or not isinstance(word, str) or not _VERSION.fullmatch(word):
            raise MalformedInput("a version is the first command, such as (vnnlib-version <2.0>)")
        self.indexed = True

    def _variable(self, command: list[Expression]) -> None:
        name, *rest = command[1:] or [""]
        kind = rest[1:] if command[0] == "declare-fun" and rest[:1] == [[]] else rest
        match = _FLAT_NAME.fullmatch(name) if isinstance(name, str) else None
        if match is None or kind != ["Real"]:
            raise MalformedInput("a variable is declared as (declare-const X_0 Real), or Y_0")
        variable = (match[1], int(match[2]))
        if variable in self.flat:
            raise MalformedInput(f"{name} is declared twice")
        self.flat.add(variable)

    def _network(self, command: list[Expression]) -> None:
        if self.shapes or self.assertions:
            raise MalformedInput("one network can be read, declared before the assertions")
        declarations = list(_declarations(command))
        if [kind for kind, _, _ in declarations] != ["X", "Y"]:
            raise MalformedInput("a network must declare one input, then one output")
        names = [command[1], *(name for _, name, _ in declarations)]
        if len({str(name) for name in names}) < len(names):
            raise MalformedInput(f"the names {names} are not all different")
        self.shapes = {name: (kind, shape) for kind, name, shape in declarations}

    def _resolve(self, name: str, index: Index | None) -> Variable:
        if not self.indexed:
            match = _FLAT_NAME.fullmatch(name)
            if match is None or index is not None or (match[1], int(match[2])) not in self.flat:
                raise MalformedInput(f"{name[:40]!r} is not declared")
            return match[1], int(match[2])
        if name not in self.shapes:
            raise MalformedInput(f"{name[:40]!r} is not declared")
        kind, shape = self.shapes[name]
        places = index or ()
        if len(places) != len(shape) or any(place >= size for place, size in zip(places, shape, strict=False)):
            raise MalformedInput(f"index {list(places)} does not fit {name[:40]} of shape {list(shape)}")
        flat = 0
        for place, size in zip(places, shape, strict=True):
            flat = flat * size + place
        return kind, flat


def _declarations(command: list[Expression]) -> Iterator[tuple[str, str, Index]]:
    """Yield whether it is an input or an output, the name and the shape of each declaration."""
    if len(command) < 2 or not isinstance(command[1], str) or not _NAME.fullmatch(command[1]):
        raise MalformedInput("a network needs a name")
    for part in command[2:]:
        given = part if isinstance(part, list) else []
        kind, name, element, shape = (*given[:4], None, None, None, None)[:4]
        if kind not in ("declare-input", "declare-output"):
            shown = f"{kind[:40]} cannot" if isinstance(kind, str) else "what follows the name of a network cannot"
            raise MalformedInput(f"{shown} be read; only declare-input and declare-output can")
        if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(shape, tuple) or len(given) > 4:
            raise MalformedInput(f"it must be ({kind} X float32 [1,5]), without anything else")
        if element not in _TYPES:
            raise MalformedInput(f"{name[:40]} has type {str(element)[:40]}; only {', '.join(_TYPES)} can be read")
        if math.prod(shape) > _MOST_VARIABLES:
            raise MalformedInput(f"{name[:40]} has more than {_MOST_VARIABLES} entries")
        yield "X" if kind == "declare-input" else "Y", name, shape
