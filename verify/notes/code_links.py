"""From notes to code and back: names that import, docstrings that carry an id."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from constructions.errors import MalformedInput

PACKAGES = ("constructions", "verify")

_THEOREM_LINE = re.compile(r"^[ \t]*Theorem:[ \t]*(\S.*)$", re.MULTILINE)


def resolve(reference: str) -> Any:
    """Return what ``module:name`` or ``module:Class.name`` stands for; a bare module too.

    Raises:
        MalformedInput: the module is not ours, does not import, or has no such name.
    """
    module_name, _, qualified = reference.partition(":")
    if module_name.partition(".")[0] not in PACKAGES:
        raise MalformedInput(f"{reference} is in none of the packages {', '.join(PACKAGES)}")
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:
        raise MalformedInput(f"{reference} does not import: {type(error).__name__}: {error}") from None
    for name in filter(None, qualified.split(".")):
        fields = {field.name for field in dataclasses.fields(found)} if dataclasses.is_dataclass(found) else set()
        if not hasattr(found, name) and name not in fields:
            raise MalformedInput(f"{reference} does not exist: {name} is missing")
        found = getattr(found, name, found)
    return found


def ids_of(docstring: str | None) -> tuple[str, ...]:
    """Return the ids on the ``Theorem:`` lines of a docstring."""
    lines = _THEOREM_LINE.findall(docstring or "")
    return tuple(part.strip() for line in lines for part in line.split(","))


def documented_ids() -> dict[str, tuple[str, ...]]:
    """Return, for every documented name that carries an id, its ids; nothing is imported."""
    found = {}
    for package in PACKAGES:
        for module, path in _modules(package):
            text = path.read_text(encoding="utf-8")
            for name, docstring in _docstrings(ast.parse(text), ()) if _THEOREM_LINE.search(text) else ():
                if ids := ids_of(docstring):
                    found[f"{module}:{name}"] = ids
    return found


def _modules(package: str) -> Iterator[tuple[str, Path]]:
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations if spec is not None else None) or ():
        root = Path(place)
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            yield ".".join((package, *(part for part in parts if part != "__init__"))), path


def _docstrings(node: ast.AST, outer: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            name = (*outer, child.name)
            yield ".".join(name), ast.get_docstring(child)
            yield from _docstrings(child, name)
