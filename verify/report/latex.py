"""Text and exact numbers for LaTeX."""

from __future__ import annotations

import re

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "Ω": r"$\Omega$",
}
_FRACTION = re.compile(r"(-?)(\d+)(?:/(\d+))?\Z")
_SHORT = 3  # digits of numerator and denominator that are set one above the other


def latex_text(text: str) -> str:
    r"""Return a text with what is special in LaTeX written out.

    Example:
        >>> print(latex_text("50% of random:n=3_a"))
        50\% of random:n=3\_a
    """
    return "".join(_SPECIAL.get(letter, letter) for letter in text)


def grouped_digits(value: int | str) -> str:
    r"""Return an integer with its digits in threes.

    Example:
        >>> print(grouped_digits(12439423), grouped_digits("513"))
        12\,439\,423 513
    """
    return f"{int(value):,}".replace(",", r"\,")


def latex_number(text: str) -> str:
    r"""Return an integer or a fraction for mathematics mode, exactly; other text as it is.

    Example:
        >>> print(latex_number("3/32"), latex_number("-1/2"), latex_number("98085/917504"), latex_number("1024"))
        \tfrac{3}{32} -\tfrac{1}{2} 98\,085/917\,504 1\,024
    """
    match = _FRACTION.match(text)
    if match is None:
        return rf"\text{{{latex_text(text)}}}"
    sign, above, below = match.groups()
    if below is None:
        return sign + grouped_digits(above)
    if max(len(above), len(below)) <= _SHORT:
        return rf"{sign}\tfrac{{{above}}}{{{below}}}"
    return f"{sign}{grouped_digits(above)}/{grouped_digits(below)}"


def latex_cell(text: str) -> str:
    r"""Return a cell of a table for LaTeX: a number exactly, other text written out.

    Example:
        >>> print(latex_cell("3/4"), latex_cell("holds"), latex_cell("0.250 to 1"))
        $\tfrac{3}{4}$ holds 0.250 to 1
    """
    return f"${latex_number(text)}$" if _FRACTION.match(text) else latex_text(text)
