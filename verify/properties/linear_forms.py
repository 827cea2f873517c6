"""Linear expressions of VNN-LIB files, evaluated exactly, and the comparisons between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from constructions.errors import InexactInput, MalformedInput
from constructions.exact.rational import exact_fraction
from verify.properties.s_expressions import Expression, Index

_MOST_BITS = 2**16
_COMPARISONS = ("<=", ">=", "<", ">", "=", "==", "!=")

Variable = tuple[str, int]
Resolve = Callable[[str, Index | None], Variable]


@dataclass(frozen=True, slots=True)
class LinearForm:
    """The sum of coefficients times variables, and a constant; no coefficient is 0."""

    terms: dict[Variable, Fraction]
    constant: Fraction


@dataclass(frozen=True, slots=True)
class Atom:
    """The condition ``form <= 0``, or ``form < 0`` where it is strict."""

    form: LinearForm
    strict: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """All of some formulas, or at least one of them."""

    every: bool
    parts: tuple[Formula, ...]


Formula = Atom | Junction


def formula(expression: Expression, resolve: Resolve) -> Formula:
    """Return the formula of an expression.

    Args:
        expression: as parsed.
        resolve: finds the variable of a name and an index.

    Raises:
        MalformedInput: it is not built from and, or, and comparisons of linear expressions.
    """
    if not isinstance(expression, list) or not expression or not isinstance(expression[0], str):
        raise MalformedInput(f"{_shown(expression)} is not a condition")
    operator, *rest = expression
    if operator in ("and", "or"):
        if not rest:
            raise MalformedInput(f"{operator} stands without conditions")
        return Junction(operator == "and", tuple(formula(part, resolve) for part in rest))
    if operator not in _COMPARISONS:
        raise MalformedInput(f"{_shown(operator)} is neither and, or, nor one of {' '.join(_COMPARISONS)}")
    sides = [linear_form(part, index, resolve) for part, index in _operands(rest)]
    if len(sides) != 2:
        raise MalformedInput(f"{operator} compares two expressions, not {len(sides)}")
    return _comparison(str(operator), *sides)


def _comparison(operator: str, left: LinearForm, right: LinearForm) -> Formula:
    if operator in ("<=", "<"):
        return Atom(_added([(1, left), (-1, right)]), operator == "<")
    if operator in (">=", ">"):
        return Atom(_added([(-1, left), (1, right)]), operator == ">")
    equal = operator != "!="
    sides = (_added([(1, left), (-1, right)]), _added([(-1, left), (1, right)]))
    return Junction(equal, tuple(Atom(side, not equal) for side in sides))


def linear_form(expression: Expression, index: Index | None, resolve: Resolve) -> LinearForm:
    """Return the value of an arithmetic expression as a linear form.

    Args:
        expression: a number, a name, or a list that starts with + - * or /.
        index: what stands in brackets behind a name.
        resolve: finds the variable of a name and an index.

    Raises:
        MalformedInput: it is something else, or not linear.
    """
    if isinstance(expression, str):
        if index is None and (expression[0] in "+-." or expression[0].isdigit()):
            return LinearForm({}, _number(expression))
        return LinearForm({resolve(expression, index): Fraction(1)}, Fraction(0))
    if not isinstance(expression, list) or not expression or index is not None:
        raise MalformedInput(f"{_shown(expression)} is no number, variable or sum")
    operator, *rest = expression
    parts = [linear_form(part, place, resolve) for part, place in _operands(rest)]
    if operator == "+" and parts:
        return _added([(1, part) for part in parts])
    if operator == "-" and parts:
        signs = [1 if len(parts) > 1 else -1] + [-1] * (len(parts) - 1)
        return _added(list(zip(signs, parts, strict=True)))
    if operator == "*" and parts:
        return _multiplied(parts)
    if operator == "/" and len(parts) == 2 and not parts[1].terms and parts[1].constant:
        return _multiplied([parts[0], LinearForm({}, 1 / parts[1].constant)])
    raise MalformedInput(f"{_shown(expression)} is no sum, difference, product or quotient that can be read")


def _operands(parts: list[Expression]) -> list[tuple[Expression, Index | None]]:
    """Pair each expression with the index behind it."""
    found: list[tuple[Expression, Index | None]] = []
    for part in parts:
        if not isinstance(part, tuple):
            found.append((part, None))
        elif found and isinstance(found[-1][0], str) and found[-1][1] is None:
            found[-1] = (found[-1][0], part)
        else:
            raise MalformedInput(f"index {list(part)} stands behind no name")
    return found


def _number(text: str) -> Fraction:
    try:
        return exact_fraction(text)
    except InexactInput:
        raise MalformedInput(f"{_shown(text)} is not a number") from None


def _added(parts: list[tuple[int, LinearForm]]) -> LinearForm:
    terms: dict[Variable, Fraction] = {}
    constant = Fraction(0)
    for sign, part in parts:
        if part.constant:
            constant = _bounded(constant + part.constant if sign > 0 else constant - part.constant)
        for variable, value in part.terms.items():
            signed = value if sign > 0 else -value
            terms[variable] = _bounded(terms[variable] + signed) if variable in terms else signed
    return LinearForm({variable: value for variable, value in terms.items() if value}, constant)


def _multiplied(parts: list[LinearForm]) -> LinearForm:
    varying = [part for part in parts if part.terms]
    if len(varying) > 1:
        raise MalformedInput("a product of variables is not linear")
    factor = Fraction(1)
    for part in parts:
        if not part.terms:
            factor = _bounded(factor * part.constant)
    if not varying or not factor:
        return LinearForm({}, factor)
    terms = {variable: _bounded(factor * value) for variable, value in varying[0].terms.items()}
    return LinearForm(terms, _bounded(factor * varying[0].constant))


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS:
        raise MalformedInput(f"a number has more than {_MOST_BITS} bits")
    return value


def _shown(expression: Expression) -> str:
    text = repr(expression) if isinstance(expression, str) else _plain(expression, 3)
    return text if len(text) <= 60 else text[:57] + "..."


def _plain(expression: Expression, depth: int) -> str:
    if isinstance(expression, str):
        return expression[:40]
    if isinstance(expression, tuple):
        return str(list(expression[:8]))
    return "(" + " ".join(_plain(part, depth - 1) for part in expression[:8]) + ")" if depth else "(...)"
