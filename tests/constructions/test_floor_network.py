"""Integer parts by steep steps: rationals of a denominator, ends of ramps, counts, and several coordinates."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from constructions import AssumptionViolated, InexactInput, ReluNetwork
from constructions.network.floor_network import FloorDigits, integer_part_network, key_maps, smallest_floors


def cheapest(cells: int) -> int:
    """Return the fewest parameters over all bases in any order, by the count of steps alone."""
    counts = [6 * (cells - 1)]
    for digits in range(2, 8):
        for bases in itertools.combinations_with_replacement(range(1, 9), digits):
            product = 1
            for base in bases:
                product *= base
            if product >= cells:
                counts.append(6 * sum(base - 1 for base in bases) + 4 * digits)
    return min(counts)


@pytest.mark.theorem("hashed-memorization", claims=["count"])
@pytest.mark.parametrize("digits", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("cells", [2, 3, 5, 8, 9, 17])
def test_every_number_with_a_given_denominator_is_rounded_down(cells: int, digits: int) -> None:
    ramp = Fraction(1, 4)
    network = integer_part_network(cells, ramp, digits)
    for part in range(cells * 12 + 1):
        place = Fraction(part, 12)
        below = max(0, -(-part // 12) - 1)
        if not below or place >= below + ramp:
            assert network([place]) == (below,)
    assert network.size.depth == 1 + 2 * digits


@pytest.mark.parametrize("ramp", ["1/2", "1/7", "3/7", "1/1048576"])
@pytest.mark.parametrize("cells", [6, 40, 1000])
def test_the_ends_of_ramps(cells: int, ramp: str) -> None:
    network, width = integer_part_network(cells, ramp), Fraction(ramp)
    for below in {1, 2, 3, cells // 2, cells - 2, cells - 1}:
        assert network([below]) == (below - 1,)
        assert network([below + width]) == network([below + 1]) == (below,)
        assert below - 1 < network([below + width / 8])[0] or width.numerator > 1
        assert network([below + width / 8])[0] != below


@pytest.mark.parametrize("cells", [*range(2, 20), 31, 64, 100])
def test_the_plan_has_the_fewest_parameters(cells: int) -> None:
    assert smallest_floors([cells], 9).parameters == cheapest(cells)
    assert integer_part_network(cells, "1/9").size.nonzero == 1 + cheapest(cells)


@pytest.mark.parametrize("cells", [(2, 2), (4, 3, 5), (9, 2), (7, 30)])
def test_keys_of_several_coordinates_number_all_cells(cells: tuple[int, ...]) -> None:
    side, seen = 5, set()
    for digits in (1, 2, 3, 5):
        bases = tuple((1,) * (digits - 1) + (count,) for count in cells)
        for plan in (FloorDigits(cells, side, bases), smallest_floors(cells, side)):
            network = ReluNetwork(key_maps(plan, 0))
            assert network.size.nonzero == plan.parameters
            for cell in itertools.product(*map(range, cells)):
                key = sum(a * b for a, b in zip(plan.strides, cell, strict=True))
                seen.add(key)
                for inner in (Fraction(1), Fraction(7, 2), Fraction(side)):
                    assert network([number * side + inner for number in cell]) == (key,)
    assert len(seen) == max(seen) + 1


def test_a_huge_range_takes_one_binary_digit_after_another() -> None:
    plan = smallest_floors([2**40], 3)
    assert plan.bases == ((2,) * 40,) and plan.parameters == 10 * 40
    network = integer_part_network(2**40, "1/3")
    for below in (0, 1, 2**39 - 1, 2**39, 2**40 - 1):
        assert network([below + Fraction(1, 3)]) == network([below + 1]) == (below,)


def test_numbers_out_of_range_are_named() -> None:
    for cells, ramp, digits in ((1, "1/2", 1), (5, "0", 1), (5, "1", 1), (5, "1/2", 0)):
        with pytest.raises(AssumptionViolated, match=f"got {cells}, {digits}, {ramp}"):
            integer_part_network(cells, ramp, digits)
    with pytest.raises(InexactInput):
        integer_part_network(5, 0.5)
