"""Bounds as formulas: read with declared symbols only, compared as sympy expressions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from constructions.errors import MalformedInput

if TYPE_CHECKING:
    import sympy

COUNTS = ("n", "d", "m", "k", "r", "q", "b", "l")
LENGTHS = ("eps", "delta", "rho", "eps0", "mu", "beta")
FUNCTIONS = ("Min", "Max", "ceiling", "floor", "log", "sqrt")

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "__add__",
    ast.Sub: "__sub__",
    ast.Mult: "__mul__",
    ast.Div: "__truediv__",
    ast.Pow: "__pow__",
}


def formula(text: str) -> sympy.Expr:
    """Return a bound as a sympy expression.

    Args:
        text: integers, the symbols of ``COUNTS`` (integers, at least 0) and ``LENGTHS``
            (positive), ``+ - * / **`` and the functions of ``FUNCTIONS``.

    Raises:
        MalformedInput: the text holds anything else.

    Example:
        >>> formula("m*(6*d + 2) + 1").subs({symbol("m"): 891, symbol("d"): 64})
        343927
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise MalformedInput(f"{text[:60]!r} is not a formula") from None
    return _expression(tree, text)


def symbol(name: str) -> sympy.Symbol:
    """Return the symbol of a declared name, with its assumptions.

    Raises:
        MalformedInput: the name is not declared.
    """
    import sympy

    if name in COUNTS:
        return sympy.Symbol(name, integer=True, nonnegative=True)
    if name in LENGTHS:
        return sympy.Symbol(name, positive=True)
    raise MalformedInput(f"{name!r} is not a symbol of formulas; declared are {', '.join((*COUNTS, *LENGTHS))}")


def same_formula(left: str, right: str) -> bool:
    """Return whether two bounds are equal for all values of their symbols.

    The difference must simplify to zero; a pair that sympy cannot bring together counts
    as different.

    Raises:
        MalformedInput: one of them is not a formula.
    """
    import sympy

    difference = formula(left) - formula(right)
    return bool(sympy.simplify(difference) == 0 or sympy.simplify(sympy.expand(difference)) == 0)


def _expression(node: ast.AST, text: str) -> Any:
    import sympy

    if isinstance(node, ast.Constant) and type(node.value) is int:
        return sympy.Integer(node.value)
    if isinstance(node, ast.Name):
        return symbol(node.id)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _expression(node.left, text), _expression(node.right, text)
        return getattr(left, _OPERATORS[type(node.op)])(right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_expression(node.operand, text)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in FUNCTIONS
        and not node.keywords
    ):
        return getattr(sympy, node.func.id)(*(_expression(argument, text) for argument in node.args))
    raise MalformedInput(f"{text[:60]!r} is not a formula: {ast.unparse(node)[:40]} is not allowed")
