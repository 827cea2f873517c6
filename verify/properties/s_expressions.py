"""The parenthesised expressions of VNN-LIB files, read with bounded depth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructions.errors import MalformedInput

_TOKEN = re.compile(r'\s+|;[^\n]*|([()\[\],]|"(?:[^"\\]|\\.)*"|[^\s()\[\],;"]+)')
_DEEPEST = 100
_INDEX = re.compile("[0-9]{1,9}")

Index = tuple[int, ...]
Expression = str | Index | list["Expression"]


def commands(text: str) -> Iterator[tuple[int, list[Expression]]]:
    """Yield every command of a text: its line, and its parts.

    A part is a word, a list of parts, or a tuple of integers for an index such as ``[0,3]``.

    Raises:
        MalformedInput: the text is no sequence of such commands, or is nested too deeply.

    Example:
        >>> list(commands("(a (b X[0, 3]))  ; a comment"))
        [(1, ['a', ['b', 'X', (0, 3)]])]
    """
    stack: list[list[Expression]] = []
    index: list[str] | None = None
    line, start, counted = 1, 1, 0
    for token, place in _tokens(text):
        if not stack:
            line, counted = line + text.count("\n", counted, place), place
            start = line
        if index is not None:
            index.append(token)
            if token == "]":
                stack[-1].append(_index(index, start))
                index = None
        elif token == "(":
            stack.append([])
            if len(stack) > _DEEPEST:
                raise MalformedInput(f"line {start}: expressions are nested more than {_DEEPEST} deep")
        elif not stack or token in ("]", ","):
            raise MalformedInput(f"line {start}: {_short(token)} is out of place")
        elif token == "[":
            index = []
        elif token == ")":
            done = stack.pop()
            if stack:
                stack[-1].append(done)
            else:
                yield start, done
        else:
            stack[-1].append(token)
    if stack:
        raise MalformedInput(f"line {start}: the command does not end")


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    reached = 0
    for match in _TOKEN.finditer(text):
        if match.start() != reached:
            break
        reached = match.end()
        if match[1] is not None:
            yield match[1], match.start()
    if reached != len(text):
        raise MalformedInput(f"line {text.count(chr(10), 0, reached) + 1}: {_short(text[reached:])} is not a word")


def _index(tokens: list[str], line: int) -> Index:
    *parts, _ = tokens
    numbers, commas = parts[::2], parts[1::2]
    if any(comma != "," for comma in commas) or (parts and len(parts) % 2 == 0):
        raise MalformedInput(f"line {line}: an index is a list of integers such as [0,3]")
    if not all(_INDEX.fullmatch(number) for number in numbers):
        raise MalformedInput(f"line {line}: index {[_short(number) for number in numbers][:8]} is no list of integers")
    return tuple(int(number) for number in numbers)


def _short(word: str) -> str:
    return repr(word if len(word) <= 40 else word[:37] + "...")
