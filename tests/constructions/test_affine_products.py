"""Multiples, shifts and compositions of affine maps against plain fractions."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from constructions.errors import BudgetExceeded
from constructions.network import affine_products
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed, identity_map, multiplied, shifted

SIZES = {"small": 9, "int64": 2**29, "beyond": 2**80}


def draw_map(draw: random.Random, size: int, outputs: int, inputs: int, kept: float) -> AffineMap:
    def number() -> Fraction:
        return Fraction(draw.randint(-size, size), draw.choice([1, 2, 3])) if draw.random() < kept else Fraction(0)

    weight = [[number() for _ in range(inputs)] for _ in range(outputs)]
    return AffineMap(weight, [number() for _ in range(outputs)])


def plain_product(outer: AffineMap, inner: AffineMap) -> tuple[tuple[Fraction, ...], ...]:
    columns = list(zip(*inner.weight, strict=True))
    return tuple(
        tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns) for row in outer.weight
    )


@pytest.mark.parametrize("kept", [1.0, 0.5, 0.08], ids=["dense", "half", "sparse"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("seed", range(6))
def test_one_map_after_another(seed: int, size: int, kept: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(affine_products, "_BLOCK", 40)  # several blocks of columns
    draw = random.Random(seed)
    outputs, middle, inputs = (draw.randint(1, 12) for _ in range(3))
    outer, inner = draw_map(draw, size, outputs, middle, kept), draw_map(draw, size, middle, inputs, kept)
    product = composed(outer, inner)
    assert product.weight == plain_product(outer, inner)
    assert product.bias == outer(inner.bias)
    point = [Fraction(draw.randint(-9, 9), 5) for _ in range(inputs)]
    assert product(point) == outer(inner(point))


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_after_a_diagonal_or_a_selection(size: int) -> None:
    outer = draw_map(random.Random(1), size, 3, 4, 1.0)
    assert composed(outer, identity_map(4)) == outer
    assert composed(identity_map(3), outer) == outer
    rows = [[0, size], [0, 0], [-size, 0], [0, 1]]
    selection = AffineMap(rows, ["1/7", size, 0, 0])
    assert composed(outer, selection).weight == plain_product(outer, selection)
    assert composed(outer, selection).bias == outer(selection.bias)


def test_products_at_the_edge_of_int64() -> None:
    for left, right in [(2**31, 2**32), (-(2**31), 2**32), (2**63 - 1, 1), (2**62, -2)]:
        for inner in (AffineMap([[right]], [0]), AffineMap([[right, right]], [0])):
            assert {value for row in composed(AffineMap([[left]], [0]), inner).weight for value in row} == {
                left * right
            }


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("factor", [0, 1, -1, "2/3", 2**70, Fraction(-1, 2**70)], ids=str)
def test_multiples(size: int, factor: int | str | Fraction) -> None:
    affine = draw_map(random.Random(2), size, 3, 2, 0.7)
    product = multiplied(affine, Fraction(factor))
    assert product.weight == tuple(tuple(Fraction(factor) * value for value in row) for row in affine.weight)
    assert product.bias == tuple(Fraction(factor) * value for value in affine.bias)
    assert product.nonzero == (affine.nonzero if factor else 0)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_shifts(size: int) -> None:
    draw = random.Random(3)
    affine, other = draw_map(draw, size, 4, 3, 0.8), draw_map(draw, 2**90, 4, 0, 0.8)
    moved = shifted(affine, other)
    assert moved.weight == affine.weight
    assert moved.bias == tuple(a + b for a, b in zip(affine.bias, other.bias, strict=True))


def test_maps_too_large_to_hold_are_refused() -> None:
    column = AffineMap.from_coo(
        np.arange(6000), np.zeros(6000, int), np.ones(6000, int), (6000, 1), np.zeros(6000, int)
    )
    row = AffineMap.from_coo(
        np.zeros(12000, int), np.arange(12000) % 6000, np.ones(12000, int), (1, 6000), np.zeros(1, int)
    )
    with pytest.raises(BudgetExceeded, match="6000 x 6000"):
        composed(column, row)
    assert composed(row, column).weight == ((12000,),)
    with pytest.raises(BudgetExceeded, match=str(2**40)):
        identity_map(2**40)
