"""Certified size bounds: golden values, recomputation in other arithmetic, traps, and bad input."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from constructions import AssumptionViolated, InexactInput
from constructions.errors import UsageError
from verify.capacity.budgets import double_counting_budget, hamming_budget
from verify.capacity.enclosures import ball_bits, bits_of, precision_for
from verify.capacity.question import SizeQuestion
from verify.capacity.region_bits import RegionBits
from verify.capacity.rules import LayerRule, PrecisionRule, RegionRule
from verify.capacity.sign_patterns import (
    EULER_ABOVE,
    hamming_ball,
    hamming_bracket,
    layer_patterns,
    most_units,
    possible_parameters,
    precision_patterns,
    region_bracket,
    region_patterns,
    region_term,
)
from verify.capacity.size_bound import SizeBound, certified_size_bound

TENTH = Fraction(1, 10)
RARE = Fraction(1, 2**20)
LEDGERS = {
    "regions": {"supports", "signs", "regions"},
    "layers": {"supports", "regions"},
    "precision": {"supports", "values"},
}


def _size(points: int, dim: int, error: Any = 0, **options: Any) -> int:
    return certified_size_bound(points, dim, error, **options).size


# Golden values ---------------------------------------------------------------------------

REGIONS = {
    (9, 256): (17, 10), (5, 256): (17, 10), (7, 729): (35, 22), (4, 1000): (44, 28), (11, 1024): (43, 28),
    (5, 1296): (51, 34), (13, 4096): (102, 69), (2, 16): (2, 1), (3, 9): (1, 1), (3, 16): (1, 1), (3, 64): (6, 3),
    (4, 27): (2, 2), (2, 64): (6, 4), (6, 32): (3, 2), (7, 64): (5, 3), (8, 128): (10, 6), (15, 16384): (226, 158),
}  # fmt: skip
RARELY = {(9, 256): (16, 9), (5, 1296): (51, 33), (13, 4096): (102, 69)}
LAYERS = {
    (5, 1296, 3): (31, 16), (5, 1296, 5): (18, 9), (13, 4096, 3): (87, 46), (13, 4096, 5): (51, 27),
    (9, 6561, 3): (135, 71), (9, 6561, 5): (78, 41),
}  # fmt: skip
PRECISION = {
    (9, 256, 8): (18, 10), (5, 1296, 8): (86, 48), (5, 1296, 32): (34, 18), (13, 4096, 8): (247, 138),
    (13, 4096, 32): (103, 56),
}  # fmt: skip
# 1/eps, d: any network at error 0 and 1/10; float32 weights, to the digits that are known, and the error there.
TABLE = {
    (2, 15): (226, 158, 397, 0), (2, 21): (2005, 1450, 22360, 0), (2, 31): (65472, 47693, 18_964_179, 0),
    (4, 16): (7525, 5470, 283_814, 0), (4, 24): (613_578, 447_095, 1_496_203_938, 0),
    (4, 32): (49_705_970, 36_220_738, 4_405_753_530_999, TENTH), (8, 8): (524, 373, 978, TENTH),
    (8, 12): (13921, 10130, 934_047, 0), (8, 16): (349_312, 254_525, 497_571_715, 0), (16, 8): (4326, 3140, 97577, 0),
    (16, 12): (354_220, 258_102, 511_322_411, 0),
}  # fmt: skip
# 1/eps, d: depth 3 and depth 5 at error 1/10.
SHALLOW = {
    (4, 16): (93_283, 55_038), (4, 24): (417_567_767, 247_681_287), (8, 12): (298_092, 176_058),
    (8, 16): (141_106_014, 83_656_824), (16, 8): (33_016, 19_460), (16, 12): (144_946_131, 85_934_569),
}  # fmt: skip


def _grid(case: tuple[int, int]) -> tuple[int, int]:
    """Return the points of the linearly separable grid, and the dimension."""
    inverse, dim = case
    return (inverse // 2 + 1) ** (dim - 1), dim


@pytest.mark.parametrize("case", REGIONS, ids=lambda case: f"d{case[0]}-m{case[1]}")
def test_golden_sizes_of_any_network(case: tuple[int, int]) -> None:
    dim, points = case
    assert (_size(points, dim), _size(points, dim, "1/10")) == REGIONS[case]


@pytest.mark.parametrize("case", RARELY, ids=lambda case: f"d{case[0]}-m{case[1]}")
def test_golden_sizes_for_random_labellings(case: tuple[int, int]) -> None:
    dim, points = case
    assert tuple(_size(points, dim, error, failure_probability=RARE) for error in (0, TENTH)) == RARELY[case]


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: f"d{case[0]}-m{case[1]}-depth{case[2]}")
def test_golden_sizes_by_layers(case: tuple[int, int, int]) -> None:
    dim, points, depth = case
    found = tuple(_size(points, dim, error, depth=depth, method="layers") for error in (0, TENTH))
    assert found == LAYERS[case]
    for error, size in zip((0, TENTH), found, strict=True):
        better = certified_size_bound(points, dim, error, depth=depth)
        assert (better.method, better.size > size) == ("regions", True)


@pytest.mark.parametrize("case", PRECISION, ids=lambda case: f"d{case[0]}-m{case[1]}-bits{case[2]}")
def test_golden_sizes_of_few_weight_values(case: tuple[int, int, int]) -> None:
    dim, points, bits = case
    assert tuple(_size(points, dim, error, weight_bits=bits) for error in (0, TENTH)) == PRECISION[case]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: f"eps1-{case[0]}-d{case[1]}")
def test_the_table_of_grids(case: tuple[int, int]) -> None:
    points, dim = _grid(case)
    zero, tenth, floats, error = TABLE[case]
    assert (_size(points, dim), _size(points, dim, TENTH)) == (zero, tenth)
    found = certified_size_bound(points, dim, error, weight_bits=32)
    assert (found.size, found.method) == (floats, "precision")


@pytest.mark.parametrize("case", SHALLOW, ids=lambda case: f"eps1-{case[0]}-d{case[1]}")
def test_shallow_networks_need_far_more(case: tuple[int, int]) -> None:
    points, dim = _grid(case)
    for depth, size in zip((3, 5), SHALLOW[case], strict=True):
        assert _size(points, dim, TENTH, depth=depth, method="layers") == size
        best = certified_size_bound(points, dim, TENTH, depth=depth)
        assert (best.size, best.method) == (size, "layers")


def test_golden_numbers_of_sign_vectors() -> None:
    cases = {(1, 1, 2): 44, (2, 1, 3): 4115, (3, 2, 4): 1_412_160, (4, 2, 4): 283_275_042}
    assert {case: region_patterns(*case) for case in cases} == cases
    assert region_patterns(0, 5, 9) == region_bracket(0, 5, 9)[0] == region_bracket(0, 5, 9)[1] == 1


def test_the_largest_table_row_is_the_same_in_integers() -> None:
    for error, size in ((0, 226), (TENTH, 158)):
        bound = certified_size_bound(16384, 15, error, mode="exact")
        assert (bound.size, bound.evidence) == (size, "exact")


# Traps -----------------------------------------------------------------------------------


def test_counting_the_units_of_the_normal_form_would_overclaim_for_few_weight_values() -> None:
    # The normal form changes weight values: 414 instead of 397.
    points, dim, bits = 2**14, 15, 32

    def largest(most: int) -> int:
        return sum(math.comb(possible_parameters(units, dim), 414) << (bits * 414) for units in range(most + 1))

    assert 2 * largest(most_units(414, dim)) < 2**points < largest(413)
    for mode in ("exact", "enclosure"):
        assert _size(points, dim, weight_bits=bits, mode=mode) == 397


@pytest.mark.parametrize(("dim", "points", "sizes"), [(3, 109, (6, 5)), (5, 69, (4, 3))])
def test_more_points_may_certify_less_where_an_error_is_forgiven(dim: int, points: int, sizes: tuple[int, int]) -> None:
    assert (_size(points, dim, TENTH), _size(points + 1, dim, TENTH)) == sizes


@pytest.mark.parametrize("dim", [1, 2, 3, 5, 8])
def test_at_error_zero_more_points_never_certify_less(dim: int) -> None:
    sizes = [_size(points, dim) for points in range(1, 130)]
    assert sizes == sorted(sizes) and sizes[-1] >= 10


def test_above_a_trillion_parameters_the_error_still_tells() -> None:
    # Doubles lose all digits here, and then every error certifies the same size.
    sizes = [_size(5**63, 64, Fraction(k, 20)) for k in range(10)]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == 10
    assert all(abs(sizes[k] ** 2 - 4 * 5**63 * _free_share(k)) * 50 < 4 * 5**63 for k in range(10))


def _free_share(k: int) -> Fraction:
    with mpmath.workprec(200):
        a = mpmath.mpf(k) / 20
        entropy = -sum(p * mpmath.log(p, 2) for p in (a, 1 - a) if p)
        return Fraction(int((1 - entropy) * 2**100), 2**100)


def test_sizes_above_the_number_of_points_are_refused() -> None:
    assert region_patterns(4, 2, 4) > 2**4
    with pytest.raises(ValueError, match="got 5 > 4"):
        region_patterns(5, 2, 4)
    for points in (1, 2, 3, 50, 4096):
        assert 2**points <= region_patterns(min(points, 60), 1, points) or points > 60
        assert _size(points, 1) <= points


def test_double_counting_can_beat_the_ball_of_errors() -> None:
    # Near an error of 1/4 both need about as many sign vectors, and half of the points have fewer.
    for mode in ("exact", "enclosure"):
        assert _size(2**14, 15, "24/100", mode=mode) == 89
        assert _size(2**14, 15, "24/100", mode=mode, method="double-counting") == 90
    wrong, half = 24 * 2**14 // 100, 2**13
    assert 2 * wrong < half  # below 1/4
    budget = math.comb(2**14 - wrong, half) << half
    assert region_patterns(90, 15, half) * math.comb(2**14, half) < budget
    assert region_patterns(91, 15, half) * math.comb(2**14, half) > budget
    assert region_patterns(90, 15, 2**14) * hamming_ball(2**14, wrong) > 2**2**14


@pytest.mark.parametrize("error", [0, "1/100", "1/20", "1/10", "1/5"])
@pytest.mark.parametrize(("dim", "points"), [(5, 256), (7, 729), (13, 4096)])
def test_double_counting_is_usually_worse(dim: int, points: int, error: Any) -> None:
    assert _size(points, dim, error, method="double-counting") <= _size(points, dim, error)


@pytest.mark.parametrize("error", ["1/4", "3/10", "2/5", "45/100"])
def test_regions_certify_where_the_closed_form_of_the_paper_stops(error: str) -> None:
    closed_form = (2 * (1 - 2 * Fraction(error))) ** 2048
    assert closed_form <= 1  # sign vectors that the paper's estimate asks for
    assert _size(4096, 13, error) >= 1 and _size(2**30, 31, error) >= 1000


def test_the_exact_count_of_pairs_reaches_beyond_its_closed_form() -> None:
    sizes = {error: _size(4096, 13, error, method="double-counting") for error in ("1/4", "3/10", "2/5", "45/100")}
    assert sizes["1/4"] > sizes["3/10"] > 0 and sizes["2/5"] == sizes["45/100"] == 0


# Recomputed ------------------------------------------------------------------------------


def _patterns(size: int, dim: int, points: int, depth: int | None) -> Fraction:
    """Return the number of sign vectors by a sum over parameters first, with twenty more digits of e."""
    e = Fraction(27182818284590452353602874713526624978, 10**37)
    total = Fraction(0)
    for used in range(1, size + 1):
        for units in range(min(used - 1, (size - 1) // 2 + dim) + 1):
            pairs = sum(dim + 1 + unit for unit in range(units + 1))
            free, longest = used - units, units + 1 if depth is None else min(units + 1, depth)
            polynomials = points * sum(2**unit for unit in range(units + 1))
            regions = 2 * (2 * e * polynomials * longest / free) ** free
            total += math.comb(pairs, used) * 2**units * regions
    return total


def _ball(points: int, wrong: int) -> int:
    return sum(math.comb(points, changes) for changes in range(wrong + 1))


@pytest.mark.parametrize("dim", [1, 3, 40])
@pytest.mark.parametrize("error", [Fraction(0), TENTH, Fraction(1, 3)], ids=str)
@pytest.mark.parametrize("eta", [None, Fraction(1, 5)], ids=["some", "most"])
def test_the_largest_size_is_found(dim: int, error: Fraction, eta: Fraction | None) -> None:
    for points in (24, 40, 64, 97):
        for depth in (None, 1, 2):
            least = 2**points * (eta or 1) / _ball(points, math.floor(error * points))
            size = _size(points, dim, error, failure_probability=eta, method="regions", depth=depth)
            assert size == 0 or _patterns(size, dim, points, depth) < least
            assert _patterns(size + 1, dim, points, depth) >= least


@pytest.mark.parametrize("dim", [1, 4])
@pytest.mark.parametrize("error", [Fraction(0), TENTH, Fraction(2, 5)], ids=str)
def test_double_counting_is_recomputed_in_integers(dim: int, error: Fraction) -> None:
    for points in (1, 2, 3, 31, 64, 129):
        half, right = points // 2, points - math.floor(error * points)
        least = Fraction(2**half * math.comb(right, half), math.comb(points, half))
        size = _size(points, dim, error, method="double-counting")
        assert size == 0 or _patterns(size, dim, half, None) < least
        assert size == half or _patterns(size + 1, dim, half, None) >= least


def _log2_term(size: int, units: int, dim: int, points: int) -> Any:
    """Return log2 of the term of ``size`` parameters and so many units, by mpmath."""
    pairs, free = (units + 1) * (dim + 1) + units * (units + 1) // 2, size - units

    def factorial(n: int) -> Any:
        return mpmath.loggamma(mpmath.mpf(n + 1)) / mpmath.log(2)

    choose = factorial(pairs) - factorial(size) - factorial(pairs - size)
    base = mpmath.log(2 * mpmath.e * points * (mpmath.mpf(2) ** (units + 1) - 1) * (units + 1) / free, 2)
    return choose + units + 1 + free * base


def _is_certified(size: int, dim: int, points: int, error: Fraction) -> bool:
    """Decide by the largest term alone; its number of terms counts at most ``size**2`` times."""
    wrong = math.floor(error * points)
    with mpmath.workprec(3 * points.bit_length() + 120):
        low, high = max(0, size // 2 - 40 * points.bit_length()), min(size - 1, (size - 1) // 2 + dim)
        while high - low > 2:
            one, two = low + (high - low) // 3, high - (high - low) // 3
            if _log2_term(size, one, dim, points) < _log2_term(size, two, dim, points):
                low = one
            else:
                high = two
        largest = max(_log2_term(size, units, dim, points) for units in range(low, high + 1))
        sphere = mpmath.log(mpmath.binomial(points, wrong), 2) if wrong else mpmath.mpf(0)
        slack = 2 * mpmath.log(size + 1, 2) + mpmath.log(points + 2, 2)
        room = points - sphere
        assert abs(largest - room) > slack, "the largest term alone does not decide"
        return bool(largest < room)


@pytest.mark.parametrize("error", [Fraction(0), TENTH, Fraction(2, 5)], ids=str)
@pytest.mark.parametrize(("dim", "points"), [(21, 2**20), (7, 3**17), (31, 2**30), (2, 10**11 + 3), (41, 2**40)])
def test_one_more_parameter_is_not_certified(dim: int, points: int, error: Fraction) -> None:
    size = _size(points, dim, error)
    assert _is_certified(size - 1, dim, points, error) and not _is_certified(size + 2, dim, points, error)
    question = SizeQuestion.of(points, dim, error)
    with precision_for(points):
        budget, rule = hamming_budget(question), RegionRule(question)
        assert rule.bits_above(size, budget.bits) < budget.bits < rule.bits_below(size + 1)


# Recomputed by mpmath with three times the digits, through the largest term.
VERY_FINE = {
    "0": (
        "27324181502884493597434040841542056094671228501806209905729642165792208219132938060730729079835427531985660232"
        "55697476966781831746712531145472454896678869984315193707145638154453800819291357600167392900131441173222681683"
        "60139435081665049847847299300536793530315073937728069645473570039495925738961713750387111504489005707749033747"
        "85310128890854902794"
    ),
    "1/10": (
        "19911144492831570902455829766811163959295443947727804845869951911875280182591533427253168832594819996698581438"
        "24437781715227224413516490269133271949615349960569822682468164666067006380409430098026844348531530501750077075"
        "23990843622550731727955203515642141938098601231410322353750430390237258927792931289795885931667880790512305573"
        "19491446663151292290"
    ),
}


@pytest.mark.parametrize(("error", "size"), [("0", 20825005858203300241170), ("1/10", 15175192005768849813331)])
def test_a_fine_grid_in_dimension_64(error: str, size: int) -> None:
    assert _size(5**63, 64, error) == size
    exact = Fraction(error)
    assert _is_certified(size, 64, 5**63, exact) and not _is_certified(size + 1, 64, 5**63, exact)


@pytest.mark.parametrize("error", VERY_FINE)
def test_a_fine_grid_in_dimension_1000(error: str) -> None:
    assert _size(5**999, 1000, error) == int(VERY_FINE[error])


# Both arithmetics ------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["regions", "layers", "precision", "double-counting"])
def test_balls_certify_what_integers_do_but_for_one_parameter_at_most(method: str) -> None:
    options: dict[str, Any] = {"layers": {"depth": 2}, "precision": {"weight_bits": 2}}.get(method, {})
    equal = 0
    for points in (1, 2, 3, 5, 8, 13, 21, 34, 55, 64, 300, 1100):
        for dim in (1, 2, 7, 10**9):
            for error in ("0", "1/10", "49/100"):
                exact, balls = (
                    _size(points, dim, error, method=method, mode=mode, **options) for mode in ("exact", "enclosure")
                )
                assert exact - 1 <= balls <= exact
                equal += exact == balls
    assert equal >= 130


def test_the_mode_is_chosen_by_the_number_of_points() -> None:
    assert certified_size_bound(4096, 5, depth=1, method="layers").evidence == "exact"
    assert certified_size_bound(4097, 5, depth=1, method="layers").evidence == "enclosure"
    assert certified_size_bound(10**6, 5, weight_bits=2**18, mode="exact").evidence == "exact"


@pytest.mark.parametrize(("dim", "points"), [(1, 170), (1, 400), (2, 300), (9, 256), (60, 513)])
@pytest.mark.parametrize("depth", [None, 2])
def test_brackets_hold_the_number_of_sign_vectors(dim: int, points: int, depth: int | None) -> None:
    for size in (1, 2, 3, 7, 20, 64, 100):
        exact = region_patterns(size, dim, points, depth)
        below, above = region_bracket(size, dim, points, depth)
        assert below <= exact <= above and (above - below) << 58 <= exact + (size**2 << 58)
        with precision_for(points):
            bits = RegionBits(size, dim, points, depth)
            truth = bits_of(Fraction(exact))
            largest = bits.term(bits.largest_term())
            enough = truth + (2 if size > 10 else 8)
            assert not bits.above(enough) < bits_of(max(1, exact - size**2))
            assert bits.above(enough) < enough
            assert not largest > truth and largest > truth - bits_of(size**2 + 1) - 1


@pytest.mark.parametrize("dim", [1, 6, 300])
def test_each_term_has_as_many_bits_as_its_integer(dim: int) -> None:
    for size in (1, 2, 5, 30):
        for units in range(most_units(size, dim) + 1):
            with precision_for(64):
                term = RegionBits(size, dim, 64).term(units)
                exact = region_term(units, size, dim, 64)
                assert not term > bits_of(exact) and not term < bits_of(max(1, exact - 1))


@pytest.mark.parametrize("points", [1, 2, 7, 100, 2**14, 2**14 + 1, 40001])
def test_balls_of_labellings_are_bracketed(points: int) -> None:
    for wrong in sorted({0, 1, points // 10, points // 3, (points - 1) // 2}):
        if 2 * wrong >= points:
            continue
        exact = _ball(points, wrong) if wrong < 300 else hamming_ball(points, wrong)
        below, above = hamming_bracket(points, wrong)
        assert below <= exact <= above <= 2 ** (points - 1) and (points > 2**14 or below == above)
        with precision_for(points):
            low, high = ball_bits(points, wrong)
            assert not low > bits_of(exact) and not high < bits_of(exact) and not high > points - 1


@pytest.mark.parametrize(("dim", "bits"), [(1, 1), (1, 2), (2, 1), (5, 8), (100, 32)])
def test_few_weight_values_are_counted_by_the_last_supports(dim: int, bits: int) -> None:
    rule = PrecisionRule(SizeQuestion.of(10**5, dim, weight_bits=bits))
    for size in (1, 2, 3, 10, 40, 100):
        exact = precision_patterns(size, dim, bits)
        assert rule.count(size) == (exact, exact)
        with precision_for(10**5):
            assert not rule.bits_below(size) > bits_of(exact)
            assert not rule.bits_above(size, rule.bits_below(size)) < bits_of(exact)
    exact = precision_patterns(257, dim, bits)
    below, above = rule.count(257)
    assert below <= exact <= above < 8 * below


@pytest.mark.parametrize("depth", [1, 2, 5, 30])
def test_layers_have_as_many_bits_as_their_integer(depth: int) -> None:
    rule = LayerRule(SizeQuestion.of(10**4, 3, depth=depth))
    e = Fraction(*EULER_ABOVE)
    for size in (1, 2, 9, 70):
        exact = layer_patterns(size, 3, 10**4, depth)
        assert rule.count(size) == (exact, exact)
        plain = Fraction(2) ** depth * math.comb(size * 4 + size * (size - 1) // 2, size)
        for layer in range(1, depth):
            plain *= (2 * e * 10**4 * layer) ** size
        plain *= (2 * e * 10**4 * depth / size) ** size
        assert plain <= exact < plain + 1
        with precision_for(10**4):
            bits = rule.bits_above(size, rule.bits_below(size))
            assert not bits > bits_of(exact) and not bits < bits_of(exact - 1)


def test_the_budget_of_pairs_is_the_same_in_bits_and_integers() -> None:
    question = SizeQuestion.of(999, 4, "1/5")
    with precision_for(999):
        budget = double_counting_budget(question)
        assert budget is not None
        whole = Fraction(2**499 * math.comb(800, 499), math.comb(999, 499))
        assert budget.exceeds(math.ceil(whole) - 1) and not budget.exceeds(math.floor(whole) + 1)
        close = Fraction(1, 2**80)
        assert bits_of(whole * (1 - close)) < budget.bits < bits_of(whole * (1 + close))


# Monotone --------------------------------------------------------------------------------


def _falls(sizes: list[int]) -> bool:
    return sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1]


@pytest.mark.parametrize("points", [1000, 5000, 5**20])
def test_asking_more_certifies_less(points: int) -> None:
    errors = [Fraction(k, 40) for k in range(20)]
    assert _falls([_size(points, 4, error) for error in errors])
    assert _falls([_size(points, 4, error, weight_bits=8) for error in errors])
    etas = [Fraction(1, 2 ** (k * points // 12)) for k in range(0, 12, 3)] if points < 10**4 else []
    assert not etas or _falls([_size(points, 4, 0, failure_probability=eta) for eta in etas])
    assert _falls([_size(points, dim) for dim in (1, 2, 3, 5, 10, 100, 10**4, 10**6, 10**9)])
    assert _falls([_size(points, 4, depth=depth, method="layers") for depth in (1, 2, 3, 4, 9, 20)])
    assert _falls([_size(points, 4, weight_bits=bits) for bits in (1, 2, 3, 8, 16, 32, 64)])
    shallow = [_size(points, 4, depth=depth, method="regions") for depth in (1, 2, 4, 16, 2**20)]
    assert shallow == sorted(shallow, reverse=True) and shallow[-1] >= _size(points, 4)
    assert points > 10**4 or shallow[-1] == _size(points, 4)


# Ledgers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("points", [2, 100, 4096, 5**30])
@pytest.mark.parametrize("method", ["regions", "layers", "precision", "double-counting"])
def test_what_is_spent_fits_what_is_available(points: int, method: str) -> None:
    options: dict[str, Any] = {"layers": {"depth": 3}, "precision": {"weight_bits": 4}}.get(method, {})
    bound: SizeBound = certified_size_bound(points, 3, "1/20", method=method, **options)
    assert (bound.method, bound.question.points) == (method, points)
    taken = {"pairs"} if method == "double-counting" else {"ball"}
    assert set(bound.ledger) == LEDGERS.get(method, LEDGERS["regions"]) | taken | {"available"}
    available = bound.ledger["available"]
    assert available == (points // 2 if method == "double-counting" else points)
    spent = sum(value for name, value in bound.ledger.items() if name != "available")
    assert 0 <= spent <= available + Fraction(4, 2**20)
    assert all((value * 2**20).denominator == 1 for value in bound.ledger.values())


def test_a_rare_failure_is_paid_for() -> None:
    ledger = certified_size_bound(1296, 5, failure_probability=RARE).ledger
    assert 0 <= 1276 - ledger["available"] <= Fraction(1, 2**20) and ledger["ball"] == 0


# Bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((100, 2, "1/2"), {}, AssumptionViolated, "error 1/2 must be below 1/2"),
        ((100, 2, 1), {}, AssumptionViolated, "error 1 must be below 1/2"),
        ((100, 2, "-1/10"), {}, UsageError, "error must be at least 0, got -1/10"),
        ((100, 2, 0.1), {}, InexactInput, "error 0.1 is a float"),
        ((100, 2, "tenth"), {}, InexactInput, "'tenth' is not an exact number"),
        ((100, 2, None), {}, InexactInput, "None is not an exact number"),
        ((100.0, 2), {}, InexactInput, "points 100.0 is a float"),
        ((float("nan"), 2), {}, InexactInput, "points nan is a float"),
        ((0, 2), {}, UsageError, "points must be an integer of at least 1, got 0"),
        (("7/2", 2), {}, UsageError, "points must be an integer of at least 1, got 7/2"),
        ((2**14_000, 2), {}, UsageError, "has 14001 bits; at most 14000"),
        ((100, 0), {}, UsageError, "dim must be an integer of at least 1 and at most 1000000000, got 0"),
        ((100, 10**9 + 1), {}, UsageError, "dim must be .* got 1000000001"),
        ((100, 2), {"depth": 0}, UsageError, "depth must be .* got 0"),
        ((100, 2), {"depth": 2**20 + 1}, UsageError, "depth must be .* got 1048577"),
        ((100, 2), {"weight_bits": 0}, UsageError, "weight_bits must be .* got 0"),
        ((100, 2), {"weight_bits": 1.0}, InexactInput, "weight_bits 1.0 is a float"),
        ((100, 2), {"failure_probability": 0}, UsageError, "above 0 and at most 1, got 0"),
        ((100, 2), {"failure_probability": "3/2"}, UsageError, "above 0 and at most 1, got 3/2"),
        ((100, 2), {"failure_probability": 0.5}, InexactInput, "failure probability 0.5 is a float"),
        ((4, 2), {"failure_probability": "1/16"}, AssumptionViolated, "above the share .* 0 changes .* got 1/16"),
        ((9, 2, "1/3"), {"failure_probability": "1/4"}, AssumptionViolated, "3 changes .* on 9 points, got 1/4"),
        ((100, 2), {"method": "layers"}, UsageError, "method layers needs depth"),
        ((100, 2), {"method": "precision"}, UsageError, "method precision needs weight_bits"),
        ((100, 2), {"method": "guess"}, UsageError, "unknown method 'guess'; choose one of auto, regions"),
        ((100, 2), {"mode": "float"}, UsageError, "unknown mode 'float'"),
        ((10**6 + 1, 2), {"mode": "exact"}, UsageError, "up to 1000000 points, got 1000001"),
        (
            (100, 2),
            {"method": "double-counting", "failure_probability": "1/2"},
            UsageError,
            "double counting says nothing of random labellings",
        ),
    ],
)
def test_bad_numbers_are_refused_by_name(
    arguments: tuple[Any, ...], options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        certified_size_bound(*arguments, **options)


def test_text_and_fractions_are_numbers() -> None:
    expected = certified_size_bound(1296, 5, TENTH, failure_probability=RARE)
    assert certified_size_bound("1296", "5", "0.1", failure_probability=f"1/{2**20}") == expected


@pytest.mark.parametrize("points", [1, 2])
def test_one_or_two_points_are_defined(points: int) -> None:
    for method in ("regions", "layers", "precision", "double-counting"):
        bound = certified_size_bound(points, 1, "49/100", depth=1, weight_bits=1, method=method)
        assert bound.size == 0 and bound.question.forgiven == 0
    assert certified_size_bound(3, 1, "1/3").size == 0


def test_an_error_next_to_one_half_is_defined() -> None:
    assert _size(10**5, 2, Fraction(49_999, 100_000)) == 0
    assert _size(2**40, 2, Fraction(2**39 - 1, 2**40)) == 0


def test_extreme_numbers_are_answered() -> None:
    assert _size(2**13_999, 10**9, "1/10", weight_bits=2**20).bit_length() in range(13_970, 13_980)
    assert _size(2**13_999, 1, "1/10", depth=2**20, method="layers").bit_length() in range(13_960, 13_970)
    assert _size(4096, 3, depth=2**20, method="layers") == _size(4096, 3, weight_bits=2**20) == 0
    assert _size(4096, 10**9) == 72
