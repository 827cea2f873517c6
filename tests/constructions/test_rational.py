"""Exact numbers at the door: what is taken, what is refused, and how the refusal reads."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from constructions.errors import InexactInput, UsageError
from constructions.exact.norms import dual_norm, integer_length_up, is_within, length
from constructions.exact.rational import (
    exact_fraction,
    exactly,
    over_common_denominator,
    parse_fraction,
    round_down,
)

TEXTS = {
    "0": (0, 1),
    "-0": (0, 1),
    "+7": (7, 1),
    " 3\n": (3, 1),
    "3/32": (3, 32),
    "-6/4": (-3, 2),
    "+1/2": (1, 2),
    "0.1": (1, 10),
    "-2.50": (-5, 2),
    "1.": (1, 1),
    ".5": (1, 2),
    "-.5": (-1, 2),
    "5e-1": (1, 2),
    "1E3": (1000, 1),
    "1.5e+2": (150, 1),
    "0.09375": (3, 32),
    "0.1000000000000000055511151231257827": (1000000000000000055511151231257827, 10**34),
}

NO_NUMBERS = [
    "", " ", ".", "-", "+", "e5", "-.e1", "1/0", "1/", "/2", "1/2/3", "1/-2", "1/2.0", "3 / 4", "1_000",
    "0x10", "0b1", "nan", "NaN", "inf", "-inf", "Infinity", "1,5", "one", "1e", "1e99999", "1e4001", "1e-4001",
    "--1", "1 2", "1\x00", "1" * 4001, "1/" + "1" * 4001, "." + "1" * 4001,
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), TEXTS.items())
def test_text_is_taken_exactly(text: str, value: tuple[int, int]) -> None:
    assert exact_fraction(text) == exactly(text) == parse_fraction(text, "radius") == Fraction(*value)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_text_that_is_no_number_is_refused(text: str) -> None:
    for read in (exact_fraction, exactly):
        with pytest.raises(InexactInput, match=r"is not an exact number such as 3, 3/32 or 0\.09375"):
            read(text)
    with pytest.raises(UsageError, match=r"radius .*is not an exact number") as caught:
        parse_fraction(text, "radius")
    assert len(str(caught.value)) < 150


def test_text_at_the_limits_of_length_is_taken() -> None:
    assert exact_fraction("1e4000") == 10**4000
    assert exact_fraction("1e-4000") == Fraction(1, 10**4000)
    assert exact_fraction("9" * 4000) == 10**4000 - 1
    assert exact_fraction("0." + "9" * 4000) == 1 - Fraction(1, 10**4000)
    assert exact_fraction("1/" + "9" * 4000) == Fraction(1, 10**4000 - 1)


def test_decimal_text_agrees_with_the_decimal_module() -> None:
    draw = random.Random(1)
    for _ in range(500):
        digits = "".join(draw.choice("0123456789") for _ in range(draw.randint(1, 25)))
        place = draw.randint(0, len(digits))
        text = f"{draw.choice(['', '-', '+'])}{digits[:place]}.{digits[place:]}e{draw.randint(-40, 40)}"
        assert exact_fraction(text) == Fraction(Decimal(text))


@pytest.mark.parametrize(
    "value", [3, True, Fraction(3), np.int8(3), np.uint64(3), np.int64(3), "3", "6/2", "3.0"], ids=repr
)
def test_exact_numbers_of_every_type(value: Any) -> None:
    taken = exact_fraction(value)
    assert taken == (1 if value is True else 3)
    assert type(taken) is Fraction
    assert type(taken.numerator) is int
    assert type(taken.denominator) is int


def test_numbers_of_other_exact_libraries() -> None:
    import sympy
    from flint import fmpq, fmpz

    third = Fraction(-1, 3)
    for value in (fmpq(-1, 3), sympy.Rational(-1, 3)):
        taken = exact_fraction(value)
        assert taken == third
        assert type(taken.numerator) is int
    for value in (fmpz(2**70), sympy.Integer(2**70), fmpq(2**70)):
        assert exact_fraction(value) == 2**70


@pytest.mark.parametrize("value", [None, [], (1,), {}, 1j, Ellipsis, b"1", Decimal("0.1"), np.bool_(True)], ids=repr)
def test_what_is_no_exact_number_is_refused_by_name(value: Any) -> None:
    with pytest.raises(InexactInput, match=r"weight .*is not an exact number"):
        exact_fraction(value, "weight")


def test_floats_of_other_exact_libraries_are_refused() -> None:
    import sympy
    from flint import arb, fmpz_mat

    for value in (sympy.Float(0.5), sympy.Symbol("x"), sympy.pi, arb(1), fmpz_mat(1, 1)):
        with pytest.raises(InexactInput):
            exact_fraction(value)


@pytest.mark.parametrize("value", [0.5, 0.0, -0.0, 1e300, np.float16(0.5), np.float32(0.5), np.float64(0.5)], ids=repr)
def test_a_float_is_refused_and_the_message_says_how_to_write_it(value: Any) -> None:
    shown = repr(float(value))
    with pytest.raises(InexactInput) as caught:
        exact_fraction(value, "radius")
    for part in (f"radius {shown} is a float", f"Fraction('{shown}')", f"exactly({shown})"):
        assert part in str(caught.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan"), np.float64("inf")], ids=repr)
def test_nan_and_infinity_are_refused_everywhere(value: Any) -> None:
    for read in (exact_fraction, exactly):
        with pytest.raises(InexactInput, match=r"nan|inf"):
            read(value)
    with pytest.raises(InexactInput):
        exactly([[1, value]])


def test_exactly_takes_the_binary_value_of_a_float() -> None:
    assert exactly(0.1) == Fraction(0.1) != Fraction(1, 10)
    assert exactly(np.float32(0.1)) == Fraction(13421773, 2**27)
    assert exactly(5e-324) == Fraction(1, 2**1074)
    assert exactly(-0.0) == 0


def test_exactly_keeps_the_shape_of_sequences_and_arrays() -> None:
    assert exactly([1, ("1/2", 0.25), []]) == (1, (Fraction(1, 2), Fraction(1, 4)), ())
    assert exactly(np.array([[1, 2], [3, 4]], dtype=np.int8)) == ((1, 2), (3, 4))
    assert exactly(np.array([0.5, 0.1], dtype=np.float32)) == (Fraction(1, 2), Fraction(13421773, 2**27))
    assert exactly(np.array(0.5)) == Fraction(1, 2)
    with pytest.raises(InexactInput):
        exactly({1: 2})


def test_over_common_denominator_is_the_least_one() -> None:
    assert over_common_denominator([]) == ([], 1)
    assert over_common_denominator([Fraction(0)]) == ([0], 1)
    assert over_common_denominator(iter([Fraction(1, 6), Fraction(-3, 4), Fraction(2)])) == ([2, -9, 24], 12)
    draw = random.Random(2)
    for _ in range(100):
        values = [Fraction(draw.randint(-99, 99), draw.randint(1, 99)) for _ in range(draw.randint(1, 8))]
        numerators, denominator = over_common_denominator(values)
        assert [Fraction(numerator, denominator) for numerator in numerators] == values
        assert math.gcd(denominator, *numerators) == 1


def test_round_down_is_the_largest_multiple_not_above() -> None:
    assert round_down(Fraction(1, 3), 8) == Fraction(2, 8)
    assert round_down(Fraction(-1, 3), 8) == Fraction(-3, 8)
    assert round_down(Fraction(3, 8), 8) == Fraction(3, 8)


# norms ------------------------------------------------------------------------------------------


def test_lengths_by_hand() -> None:
    vector = [Fraction(-3, 2), Fraction(0), Fraction(1)]
    assert length(vector, "linf") == Fraction(3, 2)
    assert length(vector, "l1") == Fraction(5, 2)
    assert length(vector, "l2") == Fraction(13, 4)
    assert [length([], norm) for norm in ("linf", "l1", "l2")] == [0, 0, 0]


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_is_within_is_closed_and_exact_at_the_boundary(norm: str) -> None:
    step = Fraction(1, 2**200)
    vector = [Fraction(3), Fraction(4)]
    radius = {"linf": Fraction(4), "l1": Fraction(7), "l2": Fraction(5)}[norm]
    assert is_within(vector, norm, radius)
    assert is_within(vector, norm, radius + step)
    assert not is_within(vector, norm, radius - step)


def test_dual_norms_bound_inner_products() -> None:
    assert [dual_norm(norm) for norm in ("linf", "l1", "l2")] == ["l1", "linf", "l2"]
    draw = random.Random(3)
    for _ in range(200):
        u, x = ([draw.randint(-9, 9) for _ in range(4)] for _ in range(2))
        inner = abs(sum(a * b for a, b in zip(u, x, strict=True)))
        for norm in ("linf", "l1", "l2"):
            assert inner <= integer_length_up(u, dual_norm(norm)) * integer_length_up(x, norm)


@pytest.mark.parametrize("square", [0, 1, 4, 9, 2**200])
def test_integer_length_up_is_the_least_integer_not_below(square: int) -> None:
    root = math.isqrt(square)
    assert integer_length_up([root], "l2") == root
    assert integer_length_up([root, 1], "l2") == (1 if root == 0 else root + 1)
    assert integer_length_up([-root, 3], "l1") == root + 3
    assert integer_length_up([-root, 3], "linf") == max(root, 3)


@pytest.mark.parametrize("norm", ["l3", "Linf", "", "inf"])
def test_unknown_norms_are_usage_errors(norm: str) -> None:
    for call in (
        lambda: length([Fraction(1)], norm),
        lambda: is_within([Fraction(1)], norm, Fraction(1)),
        lambda: integer_length_up([1], norm),
        lambda: dual_norm(norm),
    ):
        with pytest.raises(UsageError, match=r"choose linf, l1 or l2"):
            call()
