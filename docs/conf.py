"""How the pages are built: ``make docs``. The source folder is the root of the checkout."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "building")]

import api_pages  # noqa: E402
import counts  # noqa: E402
import docstrings  # noqa: E402
import note_pages  # noqa: E402

project = "robustproofs"
author = "The robustproofs developers"
version = release = importlib.metadata.version("robustproofs")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["docs/**.md", "proofs_notes/*.md", "examples/*/README.md"]
exclude_patterns = [".*", "build", "dist", "out", "run", "runs", "tests", "benchmarks"]

html_theme = "furo"
html_title = "robustproofs"
html_copy_source = False

myst_enable_extensions = ["dollarmath", "substitution"]
myst_heading_anchors = 3
# An attribute that classes share is ambiguous as a link, and then no link.
suppress_warnings = ["myst.header", "ref.python"]

autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = [*docstrings.SECTIONS, ("Guarantees", "params_style")]


def _fill_in(app: Any, config: Any) -> None:
    """Write the reference, and count what the page on trust speaks of."""
    api_pages.write_api_pages(ROOT, ROOT / "docs" / "api")
    found = counts.count_statements() | counts.count_sources()
    found |= counts.count_cases(counts.list_cases() if config.list_tests else "")
    config.myst_substitutions = counts.in_words(found)


def _note(app: Any, docname: str, source: list[str]) -> None:
    if docname.startswith("proofs_notes/"):
        source[0] = note_pages.note_page(source[0])


def _docstring(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = docstrings.literal_lines(lines)


def setup(app: Any) -> None:
    """Register the steps above with Sphinx."""
    app.add_config_value("list_tests", True, "env", types=(bool,))
    app.connect("config-inited", _fill_in, priority=100)
    app.connect("source-read", _note)
    app.connect("autodoc-process-docstring", _docstring, priority=100)
