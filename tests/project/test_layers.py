"""Who may import whom, read from the syntax trees; every rule is also shown to catch a breach."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKERS = tuple(
    f"verify.certificate.{name}" for name in ("checker", "count_checker", "cover_checker", "volume_checker")
)

# A room may import rooms of its own rank and below.
RANKS = {
    "constructions.errors": 0,
    "constructions.exact": 1,
    "constructions.network": 2,
    "constructions.data.sources": 3,
    "constructions.sets.sources": 3,
    "constructions.sets": 2,
    "constructions.data": 2,
    "constructions.manifolds": 3,
    "constructions.memorizers": 3,
    "constructions.classifiers": 3,
    "constructions.hard_distributions": 3,
    "verify.properties": 3,
    "verify.verdict": 4,
    "verify.versions": 4,
    "verify.wording": 4,
    "verify.failures": 4,
    "verify.theorem": 4,
    "verify.robustness": 4,
    "verify.generalization": 4,
    "verify.black_boxes": 4,
    "verify.radius": 4,
    "verify.network_property": 4,
    "verify.manifold_robustness": 4,
    "verify.neighbourhoods": 4,
    "verify.simplicial": 4,
    "verify.pointwise": 4,
    "verify.branching": 4,
    "verify.claims": 4,
    "verify.methods": 4,
    "verify.certificate": 4,
    "verify.capacity": 4,
    "verify.optimal_risk": 4,
    "verify.theorems": 5,
    "verify.training": 5,
    "verify.instances": 5,
    "verify.sweep": 6,
    "verify.experiments": 6,
    "verify.artifact": 6,
    "verify.report": 6,
    "verify.notes": 6,
    "verify.selftest": 7,
    "verify.command": 7,
    "verify.cli": 7,
    "verify.__main__": 7,
    "verify.testing": 8,
}
BUILDERS = (
    "constructions.memorizers",
    "constructions.classifiers",
    "constructions.hard_distributions",
    "constructions.manifolds",
)
# What comes from outside, and the only places that may name it ("" is everywhere).
HOMES = {
    "numpy": ("",),
    "scipy": ("",),
    "numba": ("",),
    "flint": ("constructions.exact", "verify.capacity"),
    "highspy": ("constructions.exact", "verify.branching"),
    "torch": ("constructions.network.torch_bridge", "verify.black_boxes", "verify.methods", "verify.training"),
    "sympy": ("constructions.exact.formula", "verify.theorems", "verify.notes", "verify.capacity"),
    "networkx": (
        "constructions.network.graph",
        "constructions.data.real_data",
        "verify.notes",
        "verify.optimal_risk",
        "verify.report",
    ),
    "onnx": ("constructions.network",),
    "onnxruntime": ("verify.black_boxes",),
    "google": ("constructions.network",),
    "safetensors": ("constructions.network", "verify.training"),
    "sklearn": ("constructions.data",),
    "click": ("verify.cli", "verify.command"),
    "rich": ("verify.command",),
    "matplotlib": ("verify.report",),
    "PIL": ("verify.report",),
    "jinja2": ("verify.report",),
    "joblib": ("verify.sweep",),
    "dask": ("verify.sweep",),
    "distributed": ("verify.sweep",),
    "pytest": ("verify.testing",),
    "_pytest": (),
    "hypothesis": ("verify.testing",),
}
LAZY = ("torch", "sympy", "sklearn", "matplotlib", "PIL", "onnx", "onnxruntime", "google", "safetensors")


@dataclass(frozen=True)
class Import:
    """One imported module, and whether importing the file imports it."""

    module: str
    target: str
    at_once: bool
    for_types: bool


def _sources() -> dict[str, str]:
    found = {}
    for path in sorted([*(ROOT / "constructions").rglob("*.py"), *(ROOT / "verify").rglob("*.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path.read_text(encoding="utf-8")
    return found


def _imports(sources: dict[str, str]) -> list[Import]:
    ours = frozenset(sources)
    return [entry for module, text in sources.items() for entry in _imports_of(module, text, ours)]


@cache
def _imports_of(module: str, text: str, ours: frozenset[str]) -> tuple[Import, ...]:
    return tuple(_walk(module, ast.parse(text), ours))


def _walk(
    module: str, node: ast.AST, ours: frozenset[str], at_once: bool = True, types: bool = False
) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(module, alias.name, at_once, types) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = "." * child.level + (child.module or "")
            names = [f"{base}.{alias.name}" for alias in child.names]
            yield from (Import(module, name if name in ours else base, at_once, types) for name in names)
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            yield from _walk(module, child, ours, False, True)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _walk(module, child, ours, at_once and not inside, types)


def _within(module: str, places: tuple[str, ...]) -> bool:
    return any(not place or module == place or module.startswith(place + ".") for place in places)


def _rank(module: str) -> int | None:
    return next((rank for room, rank in RANKS.items() if _within(module, (room,))), None)


def _breaches(sources: dict[str, str]) -> list[str]:
    """Return every breach of the rules in a set of modules."""
    imports = _imports(sources)
    found = [f"{entry.module} imports {entry.target}: {why}" for entry in imports if (why := _breach(entry))]
    found += [f"{module} is in no room" for module in sources if "." in module and _rank(module) is None]
    graph = networkx.DiGraph([(e.module, e.target) for e in imports if e.at_once and e.target in sources])
    graph.remove_edges_from(list(networkx.selfloop_edges(graph)))
    for cycle in networkx.simple_cycles(graph):
        found.append(f"imports go in a circle: {' -> '.join(cycle)}")
    return found


def _breach(entry: Import) -> str:
    module, target = entry.module, entry.target
    top = target.partition(".")[0]
    if target.startswith("."):
        return "imports are absolute"
    if module in CHECKERS:
        return "" if top in sys.stdlib_module_names else "the checker uses the standard library only"
    if top in ("constructions", "verify"):
        return _inner_breach(module, target)
    if top in sys.stdlib_module_names or entry.for_types:
        return ""
    if top not in HOMES:
        return "an undeclared dependency"
    if not _within(module, HOMES[top]):
        return f"{top} has its place elsewhere"
    return "must be imported where it is used" if top in LAZY and entry.at_once else ""


def _inner_breach(module: str, target: str) -> str:
    if module.startswith("constructions") and target.startswith("verify"):
        return "constructions knows nothing of checking"
    if module in ("constructions", "verify"):
        return ""
    if target in ("constructions", "verify") and not _within(module, ("verify.cli", "verify.testing")):
        return "names are imported from their homes"
    if target.startswith("verify.testing") and not _within(module, ("verify.testing",)):
        return "nothing rests on verify.testing"
    if (_rank(module) == 4 or _within(module, ("verify.properties",))) and _within(target, BUILDERS):
        return "a judge must not know the builders"
    if module == "verify.certificate.compiled_checker" and target.startswith("verify.methods"):
        return "a checker shares no code with the methods"
    here, there = _rank(module), _rank(target)
    if here is not None and there is not None and there > here and not target.startswith("verify.testing"):
        return "a lower room does not know a higher one"
    return ""


def test_the_project_keeps_its_layers() -> None:
    assert _breaches(_sources()) == []


def test_the_packages_themselves_import_nothing_heavy() -> None:
    for entry in _imports(_sources()):
        if entry.module in ("constructions", "verify") and entry.at_once:
            assert entry.target.partition(".")[0] in sys.stdlib_module_names, entry


@pytest.mark.parametrize("module", CHECKERS)
def test_a_checker_runs_with_nothing_installed(module: str) -> None:
    path = ROOT / f"{module.replace('.', '/')}.py"
    done = subprocess.run([sys.executable, "-I", "-S", str(path), "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "standard library" in done.stdout and done.stderr == ""


BREACHES = {
    "constructions.data.norm_ball": [
        ("import verify.robustness", "constructions knows nothing of checking"),
        ("from verify import robustness", "constructions knows nothing of checking"),
        ("from constructions.memorizers import catalog", "a lower room does not know a higher one"),
        ("from . import files", "imports are absolute"),
        ("import networkx", "networkx has its place elsewhere"),
        ("import torch", "torch has its place elsewhere"),
        ("import requests", "an undeclared dependency"),
    ],
    "constructions.exact.norms": [("import constructions.data.norm_ball", "a lower room does not know a higher one")],
    "constructions.network.torch_bridge": [("import torch", "must be imported where it is used")],
    "constructions.network.safetensors_reader": [("import safetensors", "must be imported where it is used")],
    "verify.properties.vnnlib": [
        ("import verify.robustness", "a lower room does not know a higher one"),
        (
            "from constructions.memorizers.paper import memorize_by_the_papers_route",
            "a judge must not know the builders",
        ),
    ],
    "verify.methods.portfolio": [
        ("from constructions.memorizers.literals import memorize_with_literals", "a judge must not know the builders"),
        ("def f():\n    import constructions.memorizers.paper", "a judge must not know the builders"),
        ("import sympy", "sympy has its place elsewhere"),
        ("from constructions import memorize_with_literals", "names are imported from their homes"),
        ("from verify.theorems.registry import check", "a lower room does not know a higher one"),
    ],
    "verify.claims.size_claims": [
        ("from constructions.memorizers.box_bumps import count_box_bumps", "a judge must not know the builders")
    ],
    "verify.certificate.checker": [
        ("import numpy", "the checker uses the standard library only"),
        ("from constructions.errors import UsageError", "the checker uses the standard library only"),
    ],
    "verify.certificate.count_checker": [
        ("from verify.certificate import checker", "the checker uses the standard library only"),
    ],
    "verify.certificate.compiled_checker": [
        ("import verify.methods.interval_kernel", "shares no code with the methods")
    ],
    "verify.theorems.registry": [
        ("import verify.testing.strategies", "nothing rests on verify.testing"),
        ("from hypothesis import given", "hypothesis has its place elsewhere"),
    ],
    "verify.notes.links": [("from verify.command import tables", "a lower room does not know a higher one")],
    "verify.notes.formulas": [("import sympy", "must be imported where it is used")],
}


@pytest.mark.parametrize(
    ("module", "line", "why"), [(module, *case) for module, cases in BREACHES.items() for case in cases]
)
def test_a_breach_is_found(module: str, line: str, why: str) -> None:
    sources = _sources()
    sources[module] += f"\n{line}\n"
    found = set(_breaches(sources)) - set(_breaches(_sources()))
    assert any(entry.startswith(module) and why in entry for entry in found)


def test_a_circle_is_found() -> None:
    sources = _sources()
    sources["constructions.exact.rational"] += "\nfrom constructions.exact import norms\n"
    sources["constructions.exact.norms"] += "\nfrom constructions.exact import rational\n"
    assert any("circle" in breach for breach in _breaches(sources))


def test_an_import_inside_a_function_makes_no_circle() -> None:
    sources = _sources()
    sources["constructions.exact.rational"] += "\ndef f():\n    from constructions.exact import norms\n"
    sources["constructions.exact.norms"] += "\nfrom constructions.exact import rational\n"
    assert not any("circle" in breach for breach in _breaches(sources))


def test_a_module_in_no_room_is_found() -> None:
    assert "verify.utils is in no room" in _breaches({**_sources(), "verify.utils": ""})
