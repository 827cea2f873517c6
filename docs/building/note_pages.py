"""Turn the header of a proof note into text that a page can show, and its ids into links."""

from __future__ import annotations

import re
import tomllib
from typing import Any

HEADER = re.compile(r"\A\+\+\+\n(.*?)\n\+\+\+\n", re.DOTALL)
ID = re.compile(r"(?<![\w`\[(/])\b(def|lem|thm|fact):([a-z0-9]+(?:-[a-z0-9]+)*)")
LITERAL = re.compile(r"(```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|\[[^\]\n]*\]\([^)\n]*\))", re.DOTALL)


def note_page(text: str) -> str:
    """Return the text of a page: title, a summary of the header below it, ids as links."""
    header = HEADER.match(text)
    if header is None:
        return _linked(text)
    fields = tomllib.loads(header[1])
    title, _, body = text[header.end() :].lstrip().partition("\n")
    return "\n".join([title, "", *_summary(fields), _linked(body)])


def _summary(fields: dict[str, Any]) -> list[str]:
    """List the header: source, what the note rests on, code, claims with bounds, tests."""
    source = fields["source"]
    lines = [f"* Source: {source['where']} ({source['key']}); id `{fields['id']}`."]
    if fields["uses"]:
        lines.append("* Rests on " + ", ".join(_link(name) for name in fields["uses"]) + ".")
    if fields["builds"]:
        lines.append("* Code: " + ", ".join(_role(name) for name in fields["builds"]) + ".")
    if fields["claims"]:
        bounds = fields.get("bounds", {})
        told = [f"`{name}` (`{bounds[name]}`)" if name in bounds else f"`{name}`" for name in fields["claims"]]
        lines.append("* Hypotheses and claims: " + ", ".join(told) + ".")
    if fields["checks"]:
        files = sorted({name.partition("::")[0] for name in fields["checks"]})
        lines.append("* Tests that are marked with it: in " + ", ".join(f"`{name}`" for name in files) + ".")
    return [*lines, ""]


def _link(name: str) -> str:
    return f"[{name}]({name.replace(':', '_').replace('-', '_')}.md)"


def _role(name: str) -> str:
    module, _, attribute = name.partition(":")
    return f"{{py:obj}}`{attribute} <{module}.{attribute}>`"


def _linked(text: str) -> str:
    """Link every id outside of code, formulas and links."""
    parts = LITERAL.split(text)
    for place in range(0, len(parts), 2):
        parts[place] = ID.sub(lambda found: _link(found[0]), parts[place])
    return "".join(parts)
