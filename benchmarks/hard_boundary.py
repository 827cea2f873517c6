"""The hard boundary family: balls whose answer follows on paper and hangs on the last bit.

Radii lie exactly at the critical one and below and above it by 2^-10 to 2^-40; minima are
exactly 0, at isolated points or on plateaus; neurons cancel; constants are absorbed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from benchmarks.boundary_cases import BoundaryCase, Layers, boundary_cases

STEPS = tuple(Fraction(1, 2**power) for power in (10, 20, 30, 40))
_FEW_STEPS = (Fraction(1, 2**20), Fraction(1, 2**40))

Point = tuple[Fraction, ...]
Rows = list[list[float]]


def boundary_groups() -> dict[str, list[BoundaryCase]]:
    """Return every case, by kind."""
    groups: dict[str, Callable[[], Iterator[BoundaryCase]]] = {
        "first cases": boundary_cases,
        "critical radius": critical_radii,
        "minimum exactly 0": touching_zero,
        "plateaus": plateaus,
        "cancelling twins": cancelling_twins,
        "absorbed constants": absorbed_constants,
        "scaled outputs": scaled_outputs,
    }
    return {name: list(cases()) for name, cases in groups.items()}


def around(
    name: str, layers: Layers, point: Point, critical: Fraction, steps: Sequence[Fraction] = STEPS
) -> Iterator[BoundaryCase]:
    """Yield the ball of the critical radius, at which ``f`` first reaches 0, and balls just below and above it."""
    yield BoundaryCase(f"{name}, critical", layers, point, 1, critical, False)
    for step in steps:
        power = step.denominator.bit_length() - 1
        yield BoundaryCase(f"{name}, critical - 2^-{power}", layers, point, 1, critical - step, True)
        yield BoundaryCase(f"{name}, critical + 2^-{power}", layers, point, 1, critical + step, False)


def critical_radii() -> Iterator[BoundaryCase]:
    """Yield networks of several shapes at and around their critical radius."""
    half, origin = Fraction(1, 2), Fraction(0)
    # f = 1 - 3x from 0: zero at 1/3, which no float is.
    yield from around("a third", (([[-3]], [1]),), (origin,), Fraction(1, 3))
    # f = 1/2 - l1 distance: all d coordinates together.
    for dim in (2, 8):
        centre = (Fraction(1, 4),) * dim
        yield from around(f"l1 distance in {dim}", _l1_distance(dim), centre, half / dim)
    # f = 2 relu(1 - 4 sum of excess over 1/4) - 1: an excess of 1/8 in all, 1/32 in each of 4 coordinates.
    bump = ([*_faces(4)], [-0.25] * 8), ([[-4] * 8], [1]), ([[2]], [-1])
    yield from around("box bump in 4", bump, (origin,) * 4, Fraction(9, 32))
    # f = 1 - the third iterate of the tent map, which first has its peak 1 at 1/8, from 1/4, where it is 0.
    yield from around("third tent", _tents(3), (Fraction(1, 4),), Fraction(1, 8))
    # f = T - max of 8 linear forms from 0: the largest form has l1 norm 4T, so it reaches T at 1/4.
    for seed in (0, 1):
        yield from around(f"maximum of forms {seed}", _maximum_of_forms(8, 5, seed), (origin,) * 5, Fraction(1, 4))


def touching_zero() -> Iterator[BoundaryCase]:
    """Yield ``f = d - sum of tents + c``: the minimum ``c`` is taken at one interior point of the ball."""
    quarter = Fraction(1, 4)
    for dim in (1, 2, 4):
        point = (Fraction(1, 2),) * dim
        for name, constant in _constants():
            layers = _tent_sum(dim, float(constant))
            # The peaks lie at distance 1/8 in every coordinate.
            case = f"{dim} tents {name}"
            yield BoundaryCase(f"{case}, inside", layers, point, 1, quarter, constant > 0)
        yield from around(f"{dim} tents", _tent_sum(dim, 0.0), point, Fraction(1, 8))


def plateaus() -> Iterator[BoundaryCase]:
    """Yield functions that are constant on a large part of the ball."""
    quarter, half = Fraction(1, 4), Fraction(1, 2)
    for name, constant in _constants():
        for label in (1, -1):
            # f = relu(x - 1) + c is c on the ball; relu is 0 there.
            layers: Layers = (([[1]], [-1]), ([[1]], [float(constant)]))
            robust = label * constant > 0
            yield BoundaryCase(f"constant {name}, label {label:+d}", layers, (half,), label, quarter, robust)
        # f = relu(l1 norm - 1/2) + c is at least c and is c near 0.
        valley = (([*_faces(3)], [0] * 6), ([[1] * 6], [-0.5]), ([[1]], [float(constant)]))
        yield BoundaryCase(f"valley {name}", valley, (quarter,) * 3, 1, half, constant > 0)


def cancelling_twins() -> Iterator[BoundaryCase]:
    """Yield the l1 distance beside pairs of equal neurons, whose weights cancel in exact arithmetic only."""
    for pairs in (1, 2, 4, 8):
        layers = _with_twins(_l1_distance(4), pairs, 0, pairs)
        yield from around(f"{pairs} twins", layers, (Fraction(1, 4),) * 4, Fraction(1, 8), _FEW_STEPS)
    for shift in (20, 40):
        layers = _with_twins(_l1_distance(4), 4, shift, shift)
        name = f"4 twins scaled by 2^{shift}"
        yield from around(name, layers, (Fraction(1, 4),) * 4, Fraction(1, 8), _FEW_STEPS)


def absorbed_constants() -> Iterator[BoundaryCase]:
    """Yield constants that float64 sums lose."""
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    # relu(Kx + 1) - relu(Kx) is 1 wherever x > 0.
    for power in (26, 40, 54, 70):
        steep = 2.0**power
        for name, constant in _constants():
            pair: Layers = (([[steep], [steep]], [1, 0]), ([[1, -1]], [float(constant - 1)]))
            yield BoundaryCase(f"2^{power} x, {name}", pair, (half,), 1, quarter, constant > 0)
    # f = x - 1 + c on [1, 3].
    for power in (30, 60, 90):
        for sign in (1, -1):
            layers: Layers = (([[1], [0]], [0, 2.0**-power]), ([[1, sign]], [-1]))
            name = f"{'+' if sign > 0 else '-'} 2^-{power} against 1"
            yield BoundaryCase(name, layers, (Fraction(2),), 1, Fraction(1), sign > 0)


def scaled_outputs() -> Iterator[BoundaryCase]:
    """Yield critical radii with the output, or one hidden layer, scaled."""
    for power in (-60, -40, -20, 20, 40, 60):
        for name, layers, point, critical in (
            ("l1 distance", _l1_distance(4), (Fraction(1, 4),) * 4, Fraction(1, 8)),
            ("forms", _maximum_of_forms(4, 3, 2), (Fraction(0),) * 3, Fraction(1, 4)),
        ):
            *hidden, (weight, bias) = layers
            scale = 2.0**power
            last = ([[scale * entry for entry in row] for row in weight], [scale * entry for entry in bias])
            yield from around(f"{name} times 2^{power}", (*hidden, last), point, critical, STEPS[2:3])


def _constants() -> Iterator[tuple[str, Fraction]]:
    yield "+ 0", Fraction(0)
    for step in STEPS:
        power = step.denominator.bit_length() - 1
        yield f"+ 2^-{power}", step
        yield f"- 2^-{power}", -step


def _faces(dim: int) -> Rows:
    """Return the rows +e_i and -e_i."""
    return [[sign if j == axis else 0 for j in range(dim)] for axis in range(dim) for sign in (1, -1)]


def _l1_distance(dim: int) -> Layers:
    """``1/2`` minus the l1 distance to the point with all coordinates 1/4."""
    return ((_faces(dim), [-0.25, 0.25] * dim), ([[-1] * (2 * dim)], [0.5]))


def _tents(times: int) -> Layers:
    """``1`` minus the tent map, ``2 relu(x) - 4 relu(x - 1/2)``, applied ``times`` times; on [0, 1]."""
    first = ([[1], [1]], [0, -0.5])
    again = ([[2, -4], [2, -4]], [0, -0.5])
    return (first, *[again] * (times - 1), ([[-2, 4]], [1]))


def _tent_sum(dim: int, constant: float) -> Layers:
    """``dim + constant`` minus a tent in every coordinate, with peak 1 at 5/8 and zero from 3/8 to 7/8 outward."""
    rows = [[1 if j == axis else 0 for j in range(dim)] for axis in range(dim) for _ in range(3)]
    return ((rows, [-0.375, -0.625, -0.875] * dim), ([[-4, 8, -4] * dim], [dim + constant]))


def _maximum_of_forms(count: int, dim: int, seed: int) -> Layers:
    """``T`` minus the maximum of random integer forms, a tree of ``max(u, v) = u + relu(v - u)``.

    ``T`` is a quarter of the largest l1 norm, so from 0 the critical radius is 1/4.
    """
    draw = random.Random(seed)
    forms = [[float(draw.randint(-3, 3)) for _ in range(dim)] for _ in range(count)]
    height = max(sum(abs(value) for value in form) for form in forms) / 4
    layers = []
    while len(forms) > 1:
        rows = []
        for u, v in zip(forms[::2], forms[1::2], strict=True):
            rows += [u, [-value for value in u], [b - a for a, b in zip(u, v, strict=True)]]
        layers.append((rows, [0.0] * len(rows)))
        # In terms of the new neurons the maximum of a pair is relu(u) - relu(-u) + relu(v - u).
        pairs = len(rows) // 3
        forms = [[0.0] * (3 * k) + [1.0, -1.0, 1.0] + [0.0] * (3 * (pairs - 1 - k)) for k in range(pairs)]
    return (*layers, ([[-value for value in forms[0]]], [height]))


def _with_twins(layers: Layers, pairs: int, shift: int, seed: int) -> Layers:
    """Add pairs of neurons that cancel to a network with one hidden layer.

    The second of a pair is the first times ``2**shift``, and counts ``-2**-shift`` as much.
    """
    draw = random.Random(seed)
    (rows, bias), ((output,), (constant,)) = layers
    new_rows, new_bias, new_output = [list(row) for row in rows], list(bias), list(output)
    for _ in range(pairs):
        row = [float(draw.randint(-4, 4)) for _ in rows[0]]
        start, weight = draw.randint(-8, 8) / 8, float(draw.choice((-3, -2, 2, 3)))
        new_rows += [row, [2.0**shift * value for value in row]]
        new_bias += [start, 2.0**shift * start]
        new_output += [weight, -weight / 2.0**shift]
    return ((new_rows, new_bias), ([new_output], [constant]))
