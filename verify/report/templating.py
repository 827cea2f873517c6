"""Pages and tables from the templates beside this file."""

from __future__ import annotations

from typing import Any

from constructions.errors import UsageError
from verify.report.latex import grouped_digits, latex_text


def render_html(template: str, values: dict[str, Any]) -> str:
    """Return a page; every value that is put into it is escaped.

    Args:
        template: its name in the folder ``templates``.
        values: names that the template uses.

    Raises:
        UsageError: jinja2 is not installed.
    """
    environment = _environment(autoescape=True)
    environment.filters["digits"] = _digits
    return str(environment.get_template(template).render(values))


def render_latex(template: str, values: dict[str, Any]) -> str:
    r"""Return LaTeX; templates write ``\VAR{...}`` and ``\BLOCK{...}``, since braces are LaTeX's own.

    Args:
        template: its name in the folder ``templates``.
        values: names that the template uses; text goes through the filter ``tex`` there.

    Raises:
        UsageError: jinja2 is not installed.
    """
    environment = _environment(
        autoescape=False,
        block_start_string=r"\BLOCK{",
        block_end_string="}",
        variable_start_string=r"\VAR{",
        variable_end_string="}",
        comment_start_string=r"\#{",
        comment_end_string="}",
    )
    environment.filters |= {"tex": latex_text, "digits": grouped_digits}
    return str(environment.get_template(template).render(values))


def _environment(**settings: Any) -> Any:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise UsageError("pages need the package jinja2: pip install robustproofs[report]") from None
    return Environment(
        loader=PackageLoader("verify.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **settings,
    )


def _digits(value: int | str) -> str:
    """Return an integer with its digits in threes, divided by narrow spaces."""
    return f"{int(value):,}".replace(",", "\u202f")
