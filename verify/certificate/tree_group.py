"""Groups of trees in a certificate, re-checked in bulk."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from verify.certificate.checker import (
    MOST_BITS,
    Certificate,
    Stream,
    TreeProver,
    fraction,
    integer,
    keys,
    margins,
    need,
)
from verify.certificate.tree_enclosure import TOO_SMALL, FloatMap, TreeEnclosure
from verify.certificate.trees import Tree, read_tree, tree_text


def prove_trees(certificate: Certificate, group: dict[str, Any]) -> Fraction | None:
    """Return the margin that a group of trees claims, as ``checker.prove_trees`` does.

    Points that rigorous rounding does not settle go to the exact rule one by one.

    Raises:
        Rejected: a tree is malformed or does not prove the margin.
    """
    hints = keys(group["hints"], ("bits", "input_bits", "margin", "trees"), "the hints of a tree")
    bits, input_bits = (integer(hints[name]) for name in ("bits", "input_bits"))
    need(0 <= bits <= MOST_BITS and 0 <= input_bits <= MOST_BITS, "a number of bits is out of range")
    margin, stream = fraction(hints["margin"]), Stream(hints["trees"])
    need(margin > 0, "a margin is not positive")
    statement, data = certificate.statement, certificate.data
    prover = TreeProver(certificate.layers, group["label"], statement, data.scale, bits, input_bits)
    units, dim, outputs = prover.starts[-1], data.dim, len(prover.rows[-1])
    stream.skim(len(group["indices"]) * outputs, units, dim)
    trees = [tuple(read_tree(stream, units, input_bits, bits) for _ in range(outputs)) for _ in group["indices"]]
    bounds = _enclosed(certificate, group, trees)
    found = False
    for index, several, bound in zip(group["indices"], trees, bounds, strict=True):
        row = data.row(index)
        is_empty = prover.empty(*prover.sides(row)[1:])
        found = found or not is_empty
        if is_empty or (bound > 0 and (bound == math.inf or Fraction(bound) >= margin)):
            continue
        exact = prover.prove(row, Stream(tree_text(several, units, input_bits)))
        need(exact is None or exact >= margin * 2**bits, f"point {index} is not proved robust")
    return margin if found else None


def _enclosed(certificate: Certificate, group: dict[str, Any], trees: list[tuple[Tree, ...]]) -> list[float]:
    """Return a lower bound of all outputs on every ball of a group."""
    rows, biases, denominator = margins(certificate.layers[-1], group["label"])
    maps = [_float_map(layer.terms, layer.bias, layer.denominator, layer.inputs) for layer in certificate.layers[:-1]]
    maps.append(_float_map(rows, biases, denominator, certificate.layers[-1].inputs))
    statement, data = certificate.statement, certificate.data
    box = statement["domain"]
    domain = None if box is None else ([fraction(v) for v in box["lower"]], [fraction(v) for v in box["upper"]])
    centres = [[Fraction(value, data.scale) for value in data.row(index)] for index in group["indices"]]
    count = len(rows)
    bounds = TreeEnclosure(
        maps,
        statement["norm"],
        [centre for centre in centres for _ in range(count)],
        statement["radius"],
        domain,
        [tree for several in trees for tree in several],
        list(range(count)) * len(trees),
    ).bounds()
    return [float(value) for value in bounds.reshape(len(trees), count).min(axis=1)]


def _float_map(terms: Any, bias: list[int], denominator: int, inputs: int) -> FloatMap:
    """Return the nearest floats of integer rows over a denominator; infinite ones prove nothing."""
    weight = np.zeros((len(bias), inputs))
    for row, pairs in zip(weight, terms, strict=True):
        for place, value in pairs:
            row[place] = _quotient(value, denominator)
    return FloatMap(weight, np.array([_quotient(value, denominator) for value in bias]))


def _quotient(value: int, denominator: int) -> float:
    """Return the nearest float; what has none gets one that the enclosure refuses."""
    try:
        return value / denominator or (TOO_SMALL if value else 0.0)
    except OverflowError:
        return math.inf
