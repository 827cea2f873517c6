"""Every public name says what it is; methods, builders and arguments say it in the agreed sections."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from verify.theorems.registry import find_theorem

ROOT = Path(__file__).resolve().parents[2]
ORDER = ("Theorem", "Assumes", "Attributes", "Args", "Returns", "Guarantees", "Raises", "Cost", "Example")
METHOD = ("Accepts", "Decides", "Method", "Cost", "Reference")
BUILDER = ("Theorem", "Assumes", "Args", "Returns", "Guarantees", "Raises")

Node = ast.Module | ast.ClassDef | ast.FunctionDef


@dataclass(frozen=True)
class Public:
    """A public module, class, function, method or property, as its source has it."""

    name: str
    node: Node

    @property
    def docstring(self) -> str:
        """The docstring, empty where there is none."""
        return ast.get_docstring(self.node) or ""

    @property
    def sections(self) -> dict[str, str]:
        """Section name to its text; a ``Theorem:`` line is a section of its own."""
        found: dict[str, str] = {}
        current = ""
        for line in self.docstring.splitlines():
            heading = re.match(r"([A-Z][a-z]+):(?: (.*))?$", line)
            if heading:
                current = heading[1]
                found[current] = heading[2] or ""
            elif current:
                found[current] += "\n" + line
        return found


@cache
def _all() -> tuple[Public, ...]:
    paths = sorted([*(ROOT / "constructions").rglob("*.py"), *(ROOT / "verify").rglob("*.py")])
    return tuple(public for path in paths for public in _publics(path))


def _publics(path: Path) -> Iterator[Public]:
    name = str(path.relative_to(ROOT))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield Public(name, tree)
    yield from _members(name, tree)


def _members(outer: str, node: ast.AST) -> Iterator[Public]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef) and not child.name.startswith("_"):
            public = Public(f"{outer}::{child.name}", child)
            yield public
            if isinstance(child, ast.ClassDef):
                yield from _members(public.name, child)


def _functions(folder: str, starting: str = "") -> list[Public]:
    return [
        public
        for public in _all()
        if public.name.startswith(folder)
        and isinstance(public.node, ast.FunctionDef)
        and public.node.name.startswith(starting)
        and public.name.count("::") == 1
    ]


def _parameters(node: ast.FunctionDef) -> list[str]:
    every = [*node.args.posonlyargs, *node.args.args, node.args.vararg, *node.args.kwonlyargs, node.args.kwarg]
    names = [argument.arg for argument in every if argument is not None]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def _methods() -> list[Public]:
    """Return what decides balls: the functions of verify/methods that keep a deadline."""
    return [
        public
        for public in _functions("verify/methods/")
        if isinstance(public.node, ast.FunctionDef)
        and "deadline" in _parameters(public.node)
        and not public.name.startswith("verify/methods/portfolio.py")
    ]


def _builders() -> list[Public]:
    return [
        public
        for public in _functions("constructions/")
        if public.node.name.startswith(("memorize_", "hide_", "classify_"))  # type: ignore[union-attr]
    ]


def _ids(publics: list[Public]) -> list[str]:
    return [public.name for public in publics]


def test_every_public_name_is_documented() -> None:
    assert [public.name for public in _all() if not public.docstring.strip()] == []


@pytest.mark.parametrize("package", ["constructions", "verify"])
def test_every_name_a_package_offers_exists_and_is_documented(package: str) -> None:
    module = importlib.import_module(package)
    ordered = sorted(module.__all__, key=lambda name: (not name.isupper(), name))
    assert list(module.__all__) == ordered and set(module.__all__) <= set(dir(module))
    for _ in range(2):  # the first access imports; the second must find the same
        offered = {name: getattr(module, name) for name in module.__all__}
        assert [name for name, value in offered.items() if not isinstance(value, str) and not value.__doc__] == []
        assert [name for name, value in offered.items() if not callable(value)] == {
            "constructions": [],
            "verify": ["DISTRIBUTION", "testing"],
        }[package]


def test_sections_come_in_the_agreed_order() -> None:
    wrong = []
    for public in _all():
        found = [name for name in public.sections if name in ORDER]
        if found != sorted(found, key=ORDER.index) and not set(METHOD) <= set(public.sections):
            wrong.append(f"{public.name}: {', '.join(found)}")
    assert wrong == []


def test_documented_arguments_are_the_arguments() -> None:
    wrong = []
    for public in _all():
        node = public.node
        if "Args" not in public.sections or isinstance(node, ast.Module):
            continue
        if isinstance(node, ast.ClassDef):
            node = next((f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"), node)
        if isinstance(node, ast.FunctionDef):
            documented = re.findall(r"^    \*{0,2}(\w+):", public.sections["Args"], re.MULTILINE)
            if documented != _parameters(node):
                wrong.append(f"{public.name}: {documented} for {_parameters(node)}")
    assert wrong == []


def test_there_are_methods_and_builders_to_look_at() -> None:
    assert {public.name.partition("::")[2] for public in _methods()} >= {
        "interval_margins",
        "paired_margins",
        "find_counterexamples",
    }
    assert len(_builders()) >= 4


@pytest.mark.parametrize("method", _methods(), ids=_ids(_methods()))
def test_a_method_says_what_it_accepts_and_decides(method: Public) -> None:
    sections = method.sections
    assert [name for name in sections if name in METHOD] == list(METHOD)
    assert all(sections[name].strip() for name in METHOD)
    words = ("Complete", "Sound", "Refutes only", "Estimates only")
    assert sections["Decides"].strip().startswith(words)


@pytest.mark.parametrize("builder", _builders(), ids=_ids(_builders()))
def test_a_builder_says_what_it_assumes_and_guarantees(builder: Public) -> None:
    sections = builder.sections
    assert [name for name in sections if name in BUILDER] == list(BUILDER)
    assert all(sections[name].strip() for name in BUILDER)


@pytest.mark.parametrize("builder", _builders(), ids=_ids(_builders()))
def test_what_a_builder_guarantees_is_registered(builder: Public) -> None:
    theorems = [find_theorem(name.strip()) for name in builder.sections["Theorem"].split(",")]
    guaranteed = re.findall(r"^    (\w+):", builder.sections["Guarantees"], re.MULTILINE)
    assert guaranteed and all(set(guaranteed) <= set(theorem.claims) for theorem in theorems)


@pytest.mark.parametrize("builder", _builders(), ids=_ids(_builders()))
def test_a_builder_has_an_example_that_builds(builder: Public) -> None:
    assert f"{builder.node.name}(" in builder.sections["Example"]  # type: ignore[union-attr]


SAMPLE = '''
def f(x):
    """Do it.

    Theorem: thm:x

    Args:
        x: a number.

    Returns:
        It.
    """
'''


def test_sections_are_read_as_they_are_written() -> None:
    node = ast.parse(SAMPLE).body[0]
    assert isinstance(node, ast.FunctionDef)
    public = Public("f", node)
    assert public.sections["Theorem"].strip() == "thm:x"
    assert list(public.sections) == ["Theorem", "Args", "Returns"] and "x: a number." in public.sections["Args"]
