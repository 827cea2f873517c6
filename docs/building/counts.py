"""Count what the page on trust speaks of, from the code, the notes and the tests themselves."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKERS = "verify/certificate"
FORGED = re.compile(r"checker|forgery|mutants")
# What stands beside the broken ones: the construction they are compared with, and ways to look at an instance.
GENUINE = re.compile(r"genuine|itself|: Return ")
REFUSED = re.compile(
    r"forg|hostile|reject|believed|mutant|chang|truncated|no_certificate|twice|leave_the_folder|unpack"
)


def count_statements() -> dict[str, int]:
    """Count what is registered: statements, those as printed, claims."""
    from verify.theorems.registry import theorems

    registered = theorems()
    return {
        "statements": len(registered),
        "claims": sum(len(theorem.claims) for theorem in registered),
    }


def count_sources(root: Path = ROOT) -> dict[str, int]:
    """Count notes, broken twins, test functions and the lines of the checkers, by reading the files."""
    notes = [path for kind in ("def", "thm", "lem", "fact") for path in (root / "proofs_notes").glob(f"{kind}_*.md")]
    wrong = [f for path in (root / "verify" / "testing").glob("broken*.py") for f in _functions(path, "")]
    tests = [f for path in (root / "tests").rglob("test_*.py") for f in _functions(path, "test_")]
    checkers = {path.stem: path for path in (root / CHECKERS).glob("*checker.py") if _is_standalone(path)}
    return {
        "notes": len(notes),
        "facts": sum(path.name.startswith("fact_") for path in notes),
        "broken_twins": sum(not GENUINE.search(f"{f.name}: {ast.get_docstring(f)}") for f in wrong),
        "test_functions": len(tests),
        "property_tests": sum(any("given" in ast.unparse(d) for d in f.decorator_list) for f in tests),
        "checkers": len(checkers),
        "checker_lines": len(checkers["checker"].read_text(encoding="utf-8").splitlines()),
    }


def count_cases(listing: str) -> dict[str, int]:
    """Count the cases of a listing of pytest, and those that hand a checker a file it must not believe.

    Args:
        listing: what ``pytest --collect-only -q`` prints.
    """
    cases = [line.split("::") for line in listing.splitlines() if "::" in line]
    refused = [c for c in cases if FORGED.search(Path(c[0]).name) and REFUSED.search(c[1].partition("[")[0])]
    return {
        "test_cases": len(cases),
        "soundness_cases": sum(case[0].startswith("tests/soundness/") for case in cases),
        "forged_cases": len(refused),
    }


def list_cases(root: Path = ROOT) -> str:
    """Return pytest's own list of every case of the suite."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    if done.returncode:
        raise RuntimeError(f"pytest cannot list the tests:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def _functions(path: Path, prefix: str) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if prefix else tree.body
    found = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith(prefix)]
    return [function for function in found if not function.name.startswith("_")]


def _is_standalone(path: Path) -> bool:
    """Return whether a checker imports nothing of this project."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return all(name.partition(".")[0] in sys.stdlib_module_names for name in names)


def in_words(counts: dict[str, int]) -> dict[str, str]:
    """Write each count as it is read, with commas."""
    return {name: f"{count:,}" for name, count in counts.items()}


if __name__ == "__main__":
    for name, text in in_words(count_statements() | count_sources() | count_cases(list_cases())).items():
        print(f"{name:20} {text:>8}")
