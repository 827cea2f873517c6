"""From notes to tests: the function exists, is marked, and says which claims it checks."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from constructions.errors import MalformedInput


@dataclass(frozen=True, slots=True)
class MarkedTest:
    """A test function as its source has it.

    Attributes:
        reference: ``tests/file.py::function``.
        claims: theorem id of each marker to the claims that the marker names.
    """

    reference: str
    claims: dict[str, tuple[str, ...]]


def find_test(root: Path, reference: str) -> MarkedTest:
    """Return a test by ``tests/file.py::function`` or ``tests/file.py::Class::function``.

    Raises:
        MalformedInput: the file or the function does not exist.
    """
    file_name, *names = reference.split("::")
    place = PurePosixPath(file_name)
    if not names or place.is_absolute() or ".." in place.parts or place.parts[0] != "tests" or place.suffix != ".py":
        raise MalformedInput(f"{reference} is not of the form tests/file.py::function")
    if not names[-1].startswith("test"):
        raise MalformedInput(f"{reference} is not a test")
    tree = _parsed(root / place, reference)
    markers = _module_markers(tree)
    node: ast.AST = tree
    for name in names:
        node = _member(node, name, reference)
        markers.extend(node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else [])
    return MarkedTest(reference, _claims_by_id(markers))


def _parsed(path: Path, reference: str) -> ast.Module:
    if not path.is_file():
        raise MalformedInput(f"{reference} does not exist: there is no file {path.name}")
    return _tree(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _tree(path: Path, _: int) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise MalformedInput(f"{path.name} is not Python: {error}") from None


def _member(node: ast.AST, name: str, reference: str) -> ast.FunctionDef | ast.ClassDef:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and child.name == name:
            return child
    raise MalformedInput(f"{reference} does not exist: {name} is missing")


def _module_markers(tree: ast.Module) -> list[ast.expr]:
    """Return the markers of ``pytestmark = ...``, which hold for the whole file."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and [ast.unparse(target) for target in statement.targets] == [
            "pytestmark"
        ]:
            value = statement.value
            return list(value.elts) if isinstance(value, ast.List | ast.Tuple) else [value]
    return []


def _claims_by_id(markers: list[ast.expr]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for marker in markers:
        if isinstance(marker, ast.Call) and ast.unparse(marker.func) == "pytest.mark.theorem":
            claims = [text for keyword in marker.keywords if keyword.arg == "claims" for text in _texts(keyword.value)]
            for theorem in (text for argument in marker.args for text in _texts(argument)):
                found[theorem] = (*found.get(theorem, ()), *claims)
    return found


def _texts(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
