"""Convolutions and average pools written out: set against their definition, one product at a time."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from constructions.errors import BudgetExceeded, InexactInput
from constructions.network.convolutions import Window, average_pool, convolution, same_padding
from constructions.network.normalization import normalization_factors

Shape = tuple[int, ...]


def draw_window(draw: random.Random, rank: int) -> tuple[Shape, Window]:
    """Return the dimensions of an input, and a window that fits it."""
    sizes = [draw.randint(1, 3) for _ in range(rank)]
    steps = [draw.randint(1, 2) for _ in range(rank)]
    before, after = ([draw.randint(0, 2) for _ in range(rank)] for _ in range(2))
    spatial = tuple(draw.randint(step * (size - 1) + 1, 6) for size, step in zip(sizes, steps, strict=True))
    strides = [draw.randint(1, 3) for _ in range(rank)]
    return spatial, Window.of(sizes, strides, before, after, steps)


def array(draw: random.Random, shape: Shape) -> np.ndarray:
    values = [Fraction(draw.randint(-8, 8), draw.choice([1, 2, 3])) for _ in range(int(np.prod(shape)))]
    numbers = np.empty(len(values), dtype=object)
    numbers[:] = values
    return numbers.reshape(shape)


def reached(window: Window, place: Shape, position: Shape, spatial: Shape) -> Shape | None:
    """Return the input position that a kernel position meets, None in the padding."""
    found = tuple(
        p * stride - pad + k * step
        for p, k, stride, pad, step in zip(
            place, position, window.strides, window.before, window.dilations, strict=True
        )
    )
    return found if all(0 <= q < length for q, length in zip(found, spatial, strict=True)) else None


def positions(sizes: Shape) -> list[Shape]:
    return list(itertools.product(*(range(size) for size in sizes)))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("seed", range(12))
def test_a_convolution_is_the_sum_it_is_defined_by(rank: int, seed: int) -> None:
    draw = random.Random(100 * rank + seed)
    spatial, window = draw_window(draw, rank)
    groups, taken, per_group = draw.randint(1, 2), draw.randint(1, 2), draw.randint(1, 2)
    kernel, bias = array(draw, (groups * per_group, taken, *window.sizes)), array(draw, (groups * per_group,))
    point = array(draw, (groups * taken, *spatial))
    affine, shape = convolution(point.shape, kernel, bias, window, groups)
    values = iter(affine(point.ravel().tolist()))
    assert shape == (groups * per_group, *window.outputs(spatial))
    for made, place in itertools.product(range(shape[0]), positions(shape[1:])):
        total = bias[made]
        for channel, position in itertools.product(range(taken), positions(window.sizes)):
            source = reached(window, place, position, spatial)
            if source is not None:
                total += kernel[(made, channel, *position)] * point[(made // per_group * taken + channel, *source)]
        assert next(values) == total
    assert next(values, None) is None


@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("seed", range(8))
def test_an_average_pool_is_the_mean_it_is_defined_by(rank: int, seed: int, count_padding: bool) -> None:
    draw = random.Random(1000 * rank + seed)
    spatial, window = draw_window(draw, rank)
    point = array(draw, (2, *spatial))
    places = window.outputs(spatial)
    windows = {
        place: [q for p in positions(window.sizes) if (q := reached(window, place, p, spatial)) is not None]
        for place in positions(places)
    }
    if not count_padding and not all(windows.values()):
        with pytest.raises(ValueError, match="padding alone"):
            average_pool(point.shape, window, count_padding)
        return
    affine, shape = average_pool(point.shape, window, count_padding)
    assert shape == (2, *places)
    expected = [
        sum((point[(channel, *q)] for q in windows[place]), Fraction(0))
        / (len(positions(window.sizes)) if count_padding else len(windows[place]))
        for channel, place in itertools.product(range(2), positions(places))
    ]
    assert list(affine(point.ravel().tolist())) == expected


def test_floats_are_taken_as_they_are_and_a_bias_is_not_rounded_to_the_kernel() -> None:
    kernel, bias = np.array([[[0.1]]], np.float32), np.array([0.1])
    affine, _ = convolution((1, 2), kernel, bias, Window.of([1]))
    assert affine([1, 0]) == (Fraction(float(np.float32(0.1))) + Fraction(0.1), Fraction(0.1))


def test_zeros_of_a_kernel_are_not_stored() -> None:
    affine, _ = convolution((1, 8), np.array([[[0.0, 2.0, 0.0]]]), None, Window.of([3]))
    assert affine.nonzero == 6


def test_a_divisor_of_its_own_replaces_the_count() -> None:
    affine, shape = average_pool((1, 4), Window.of([2], [2]), divisor=3)
    assert shape == (1, 2) and affine([1, 2, 3, 4]) == (1, Fraction(7, 3))


@pytest.mark.parametrize("length", range(1, 9))
@pytest.mark.parametrize("case", [(1, 1, 1), (3, 1, 1), (3, 2, 1), (2, 2, 1), (2, 3, 2), (5, 1, 2)], ids=str)
@pytest.mark.parametrize("odd_ahead", [True, False])
def test_same_padding_gives_one_output_for_each_stride(length: int, case: tuple[int, ...], odd_ahead: bool) -> None:
    size, stride, step = case
    (before,), (after,) = same_padding([size], [stride], [step], (length,), odd_ahead)
    window = Window.of([size], [stride], [before], [after], [step])
    assert window.outputs((length,)) == (-(-length // stride),)
    assert before - after in ((0, 1) if odd_ahead else (0, -1))


CASES: dict[str, tuple[Any, str]] = {
    "kernel too large": (lambda: convolution((1, 2), np.ones((1, 1, 3)), None, Window.of([3])), "larger than"),
    "rank": (lambda: convolution((1, 2, 2), np.ones((1, 1, 1)), None, Window.of([1])), "does not fit"),
    "channels": (lambda: convolution((2, 2), np.ones((1, 1, 1)), None, Window.of([1])), "does not fit"),
    "groups": (lambda: convolution((2, 2), np.ones((3, 1, 1)), None, Window.of([1]), 2), "does not fit"),
    "no groups": (lambda: convolution((1, 2), np.ones((1, 1, 1)), None, Window.of([1]), 0), "does not fit"),
    "bias": (lambda: convolution((1, 2), np.ones((1, 1, 1)), np.ones(2), Window.of([1])), "bias"),
    "kernel shape": (lambda: convolution((1, 2), np.ones((1, 1, 2)), None, Window.of([1])), "does not fit"),
    "negative pads": (lambda: Window.of([1], before=[-1]), "at least 0"),
    "no stride": (lambda: Window.of([1], [0]), "at least 1"),
    "huge stride": (lambda: Window.of([1], [2**31]), "below 2"),
    "lengths": (lambda: Window.of([1, 1], [1]), "as many"),
    "beyond": (lambda: average_pool((1, 4), Window.of([3], [2]), whole=True), "ceil_mode"),
    "skipping": (lambda: same_padding([1], [3], [1], (3,), False), "skips 2 of 3"),
    "divisor": (lambda: average_pool((1, 4), Window.of([2]), divisor=0), "divisor"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_does_not_fit_is_refused(name: str) -> None:
    build, message = CASES[name]
    with pytest.raises(ValueError, match=message):
        build()


def test_windows_that_end_with_the_input_are_whole() -> None:
    assert average_pool((1, 5), Window.of([3], [2]), whole=True)[1] == (1, 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(bad: float) -> None:
    with pytest.raises(InexactInput, match=str(bad)):
        convolution((1, 2), np.array([[[bad]]]), None, Window.of([1]))


@pytest.mark.parametrize(
    ("shape", "made", "size"),
    [((0, 2**14, 2**14), 0, 1), ((1, 2**14, 2**12), 1, 1), ((1, 2**12, 2**12), 4, 2)],
    ids=str,
)
def test_maps_too_large_to_hold_are_refused_before_they_are_built(shape: Shape, made: int, size: int) -> None:
    kernel = np.ones((made, shape[0], size, size))
    with pytest.raises(BudgetExceeded):
        convolution(shape, kernel, None, Window.of([size, size]))
    with pytest.raises(BudgetExceeded):
        average_pool((shape[0], 2**14, 2**14), Window.of([1, 1]))


def test_a_normalization_is_exact_or_refused() -> None:
    scale, shift, mean = np.array([3.0, -1.0]), np.array([0.5, 0.0]), np.array([1.0, 0.25])
    factors, offsets = normalization_factors(scale, shift, mean, np.array([2.0, 8.75]), Fraction(1, 4))
    assert list(factors) == [2, Fraction(-1, 3)]
    assert list(offsets) == [Fraction(-3, 2), Fraction(1, 12)]
    with pytest.raises(ValueError, match=r"no rational square root.*fold it"):
        normalization_factors(scale, shift, mean, np.ones(2), Fraction(1e-5))
    with pytest.raises(ValueError, match="no rational square root"):
        normalization_factors(scale, shift, mean, np.array([1.0, -4.0]), Fraction(0))
    with pytest.raises(ValueError, match="four arrays of one length"):
        normalization_factors(scale, shift, mean, np.ones(3), Fraction(0))
