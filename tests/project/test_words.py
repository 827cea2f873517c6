"""What no file of the project may hold: foreign paths, unfinished marks, pickles, tolerances."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("constructions", "verify")
MACHINE_PATH = re.compile(
    r"(?<![\w.~$})\"'/-])/(?:work|root|home|Users|mnt)/\w|(?<=[\"'(])/(?:work|root|home|Users|mnt)/\w"
)
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
TOLERANCES = ("approx", "isclose", "allclose", "assert_allclose", "assert_almost_equal", "assertAlmostEqual")
PICKLES = ("pickle", "cPickle", "cloudpickle", "dill", "shelve", "marshal")


def _ignored() -> set[str]:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return {line.rstrip("/") for line in lines if line.endswith("/")} | {".git"}


def _texts() -> Iterator[tuple[str, str]]:
    """Yield every text file of the project that is not build output."""
    ignored = _ignored()
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in ignored and not name.endswith(".egg-info"))
        for name in sorted(set(files) - {".git"}):  # in a linked worktree a file that names the main one
            path = Path(folder, name)
            content = path.read_bytes()
            if b"\0" not in content:
                yield str(path.relative_to(ROOT)), content.decode("utf-8", errors="strict")


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in _texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every name a file reads, imports or takes as an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            yield from ((node.lineno, part) for module in modules for part in module.split("."))


def _uses(tree: ast.AST, forbidden: tuple[str, ...]) -> list[str]:
    return [f"{line}: {name}" for line, name in _names(tree) if name in forbidden]


def _loads_pickles(tree: ast.AST) -> list[int]:
    """Return the lines that allow pickles in a numpy file or load a torch file whole."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and (node.arg, ast.unparse(node.value)) in (
            ("allow_pickle", "True"),
            ("weights_only", "False"),
        ):
            found.append(node.value.lineno)
    return found


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    assert _lines_with(MACHINE_PATH) == []


def test_no_file_is_left_unfinished() -> None:
    assert _lines_with(UNFINISHED) == []


def test_the_walk_sees_the_project() -> None:
    names = {name for name, _ in _texts()}
    assert {
        "README.md",
        "pyproject.toml",
        "verify/cli.py",
        "proofs_notes/trust.md",
        "tests/project/test_words.py",
    } <= names


def test_no_tolerance_decides_anything() -> None:
    assert {name: found for name, tree in _trees() if (found := _uses(tree, TOLERANCES))} == {}


def test_no_pickle_is_read_or_written() -> None:
    assert {name: found for name, tree in _trees() if (found := _uses(tree, PICKLES))} == {}
    assert {name: found for name, tree in _trees() if (found := _loads_pickles(tree))} == {}


@pytest.mark.parametrize("place", ["work", "root", "home", "Users"])
def test_a_machine_path_is_recognised(place: str) -> None:
    assert MACHINE_PATH.search(f"see /{place}/someone/file") and MACHINE_PATH.search(f'open("/{place}/x")')
    assert not MACHINE_PATH.search(f"https://example.org/{place}/x") and not MACHINE_PATH.search(f"net/{place}/x")


@pytest.mark.parametrize("mark", ["TO" + "DO: later", "# FIX" + "ME", "XX" + "X"])
def test_an_unfinished_mark_is_recognised(mark: str) -> None:
    assert UNFINISHED.search(mark)


@pytest.mark.parametrize(
    "source", ["assert x == pytest.approx(y)", "math.isclose(x, y)", "from numpy import allclose", "np.allclose(a, b)"]
)
def test_a_tolerance_is_recognised(source: str) -> None:
    assert _uses(ast.parse(source), TOLERANCES)


@pytest.mark.parametrize("source", ["import pickle", "from pickle import loads", "import cloudpickle as c"])
def test_a_pickle_is_recognised(source: str) -> None:
    assert _uses(ast.parse(source), PICKLES)
    assert _loads_pickles(ast.parse("np.load(path, allow_pickle=True)")) == [1]
    assert _loads_pickles(ast.parse("np.load(path, allow_pickle=False)")) == []
