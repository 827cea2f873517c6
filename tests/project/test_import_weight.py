"""Starting up stays cheap: nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"torch", "sympy", "sklearn", "matplotlib", "onnx", "onnxruntime", "numba", "scipy", "networkx", "hypothesis"}


def _imported(*arguments: str) -> set[str]:
    """Run Python and return the top-level names of every module it imported."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {name.partition(".")[0] for name in re.findall(r"\|\s*([\w.]+)$", done.stderr, re.MULTILINE)}


@pytest.mark.parametrize(
    "arguments",
    [
        ("-c", "import constructions, verify"),
        ("-c", "import verify.cli"),
        ("-m", "verify", "--help"),
        ("-m", "verify", "--version"),
        ("-m", "verify", "check", "--help"),
        ("-m", "verify", "notes", "--help"),
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(arguments: tuple[str, ...]) -> None:
    found = _imported(*arguments)
    assert "verify" in found
    assert found & HEAVY == set()


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import constructions; constructions.LabelledPoints", HEAVY - {"scipy"}),
        ("import constructions; constructions.ReluNetwork", HEAVY - {"scipy"}),
        ("import verify; verify.check", HEAVY - {"scipy", "numba"}),
        ("import verify; verify.robust_error", HEAVY - {"scipy", "numba"}),
    ],
)
def test_a_public_name_brings_only_what_it_needs(statement: str, absent: set[str]) -> None:
    assert _imported("-c", statement) & absent == set()


def test_an_import_is_seen() -> None:
    assert "sympy" in _imported("-c", "from verify.notes.formulas import formula; formula('m + 1')")
