"""Write one page of reference for each folder of the two packages, for the command line, and for the sources cited."""

from __future__ import annotations

import importlib
from pathlib import Path

from click.testing import CliRunner

PACKAGES = ("constructions", "verify")


def write_api_pages(root: Path, folder: Path) -> list[str]:
    """Write the pages; what is there and no longer wanted goes.

    Args:
        root: of the checkout.
        folder: of the pages.

    Returns:
        The names of the pages, without their ending.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sources = (root / "proofs_notes" / "references.bib").read_text(encoding="utf-8")
    pages = {"command_line": _command_page(), "sources": f"# Sources\n\n```bibtex\n{sources}```\n"}
    for package in PACKAGES:
        for place in sorted({path.parent for path in (root / package).rglob("*.py")}):
            name = ".".join(place.relative_to(root).parts)
            pages[name] = _package_page(name, sorted(place.glob("*.py")))
    for path in folder.glob("*.md"):
        if path.stem not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return list(pages)


def _package_page(name: str, files: list[Path]) -> str:
    package = importlib.import_module(name)
    lines = [f"# {name}", "", str(package.__doc__ or "").strip(), ""]
    if name in PACKAGES:
        lines += ["What the package offers:", "", *(_entry(name, offered) for offered in package.__all__), ""]
    for path in files:
        if not path.stem.startswith("__"):
            lines += [f"## {path.stem}", "", "```{eval-rst}", f".. automodule:: {name}.{path.stem}", "   :members:"]
            lines += ["```", ""]
    return "\n".join(lines)


def _entry(package: str, name: str) -> str:
    """Return the line of one public name, a link to where it is defined."""
    offered = getattr(importlib.import_module(package), name)
    if not hasattr(offered, "__qualname__"):
        return f"* `{name}`"
    return f"* {{py:obj}}`{name} <{offered.__module__}.{offered.__qualname__}>`"


def _command_page() -> str:
    from verify.cli import _VERBS, cli

    lines = ["# The command line", "", "What `rproof --help` and `rproof VERB --help` print.", ""]
    for verb in ("", *_VERBS):
        arguments = [*verb.split(), "--help"]
        shown = CliRunner().invoke(cli, arguments, prog_name="rproof", terminal_width=100)
        lines += [f"## {verb or 'rproof'}", "", "```text", shown.output.rstrip(), "```", ""]
    return "\n".join(lines)
