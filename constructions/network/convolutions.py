"""Convolutions and average pools written out as sparse affine maps, exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from constructions.exact.integer_arrays import IntegerRows, integer_array
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import refuse_large
from constructions.network.exact_arrays import exact_numerators, joined

_LARGEST_STEP = 2**31
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel moves over its input: one number for each spatial dimension.

    Attributes:
        sizes: positions of the kernel.
        strides: steps between neighbouring outputs.
        before: zeros put ahead of the input.
        after: zeros put behind the input.
        dilations: steps between neighbouring positions of the kernel.
    """

    sizes: Shape
    strides: Shape
    before: Shape
    after: Shape
    dilations: Shape

    @classmethod
    def of(
        cls,
        sizes: Sequence[int],
        strides: Sequence[int] | None = None,
        before: Sequence[int] | None = None,
        after: Sequence[int] | None = None,
        dilations: Sequence[int] | None = None,
    ) -> Window:
        """Return a window; what is left out is stride 1, no padding, dilation 1.

        Raises:
            ValueError: the numbers do not fit together, or one is out of range.
        """
        rank = len(sizes)
        ones, zeros = [1] * rank, [0] * rank
        before = zeros if before is None else before
        parts = (sizes, strides or ones, before, before if after is None else after, dilations or ones)
        if any(len(part) != rank for part in parts):
            raise ValueError(f"a kernel of {rank} dimensions needs as many strides, pads and dilations: {parts}")
        for part, least in zip(parts, (1, 1, 0, 0, 1), strict=True):
            if not all(least <= value < _LARGEST_STEP for value in part):
                raise ValueError(f"{list(part)} must be at least {least} each, and below 2^31")
        return cls(*(tuple(int(value) for value in part) for part in parts))

    def outputs(self, spatial: Shape, whole: bool = False) -> Shape:
        """Return the number of places of the kernel along each dimension.

        Args:
            spatial: the dimensions of the input.
            whole: whether the windows must end where the padded input ends.

        Raises:
            ValueError: the kernel does not fit, or not so.
        """
        if len(spatial) != len(self.sizes):
            raise ValueError(f"a kernel of {len(self.sizes)} dimensions does not fit an input of {spatial}")
        free = [
            size + ahead + behind - 1 - step * (kernel - 1)
            for size, kernel, ahead, behind, step in zip(
                spatial, self.sizes, self.before, self.after, self.dilations, strict=True
            )
        ]
        if any(room < 0 for room in free):
            raise ValueError(f"a kernel of {self.sizes} is larger than its padded input of {spatial}")
        if whole and any(room % stride for room, stride in zip(free, self.strides, strict=True)):
            raise ValueError("a window would reach beyond the padded input (ceil_mode)")
        return tuple(room // stride + 1 for room, stride in zip(free, self.strides, strict=True))


def same_padding(
    sizes: Sequence[int], strides: Sequence[int], dilations: Sequence[int], spatial: Shape, odd_ahead: bool
) -> tuple[list[int], list[int]]:
    """Return the zeros ahead and behind with which a kernel gives ``ceil(input / stride)`` outputs.

    Args:
        sizes: positions of the kernel.
        strides: steps between neighbouring outputs.
        dilations: steps between neighbouring positions of the kernel.
        spatial: the dimensions of the input.
        odd_ahead: whether an odd zero goes ahead rather than behind.

    Raises:
        ValueError: the kernel skips so much of the input that evaluators disagree where it starts.
    """
    before, after = [], []
    for size, stride, step, length in zip(sizes, strides, dilations, spatial, strict=True):
        total = (-(-length // stride) - 1) * stride + step * (size - 1) + 1 - length
        if total < -1:
            raise ValueError(f"same padding is not defined where stride {stride} skips {-total} of {length} positions")
        before.append((max(total, 0) + odd_ahead) // 2)
        after.append(max(total, 0) - before[-1])
    return before, after


def convolution(
    shape: Shape, kernel: np.ndarray, bias: np.ndarray | None, window: Window, groups: int = 1
) -> tuple[AffineMap, Shape]:
    """Return the affine map of a convolution, and the shape of its outputs.

    Args:
        shape: channels and spatial dimensions of the input.
        kernel: exact numbers, shape (outputs, channels of a group, *window.sizes).
        bias: one exact number for each output channel, or None.
        window: how the kernel moves.
        groups: number of groups that the channels fall into.

    Raises:
        ValueError: the shapes do not fit.
        InexactInput: a number is NaN or infinite.
        BudgetExceeded: the map would have more than 2^25 entries.
    """
    made, taken = kernel.shape[:2]
    if kernel.shape[2:] != window.sizes or groups < 1 or made % groups or shape[0] != taken * groups:
        raise ValueError(f"a kernel of {kernel.shape} in {groups} groups does not fit an input of {shape}")
    if bias is not None and bias.shape != (made,):
        raise ValueError(f"a bias of {bias.shape} does not fit {made} output channels")
    spatial, places = shape[1:], window.outputs(shape[1:])
    refuse_large(max(made, 1) * math.prod(places), max(taken, 1) * math.prod(window.sizes))
    numerators, denominator = exact_numerators(joined(kernel, np.zeros(made) if bias is None else bias))
    weights = numerators[: kernel.size].reshape(made, taken, -1)
    output, position, source = _reach(window, spatial, places)
    outer = np.arange(made, dtype=np.int64)[:, None, None]
    channel = outer // (made // groups) * taken + np.arange(taken)[:, None]
    columns = channel * math.prod(spatial) + source
    rows = np.broadcast_to(outer * math.prod(places) + output, columns.shape)
    size = (made * math.prod(places), math.prod(shape))
    matrix = IntegerRows.from_entries(rows.ravel(), columns.ravel(), weights[:, :, position].ravel(), size)
    offsets = np.repeat(numerators[kernel.size :], math.prod(places))
    return AffineMap.from_integers(matrix, offsets, denominator), (made, *places)


def average_pool(
    shape: Shape, window: Window, count_padding: bool = False, divisor: int | None = None, whole: bool = False
) -> tuple[AffineMap, Shape]:
    """Return the affine map of an average pool, and the shape of its outputs.

    Args:
        shape: channels and spatial dimensions of the input.
        window: how the windows move.
        count_padding: whether zeros of the padding count in the average.
        divisor: what the sums are divided by instead of a count.
        whole: whether the windows must end where the padded input ends.

    Raises:
        ValueError: the shapes do not fit, or a window lies in the padding alone.
        BudgetExceeded: the map would have more than 2^25 entries.
    """
    channels, spatial = shape[0], shape[1:]
    places = window.outputs(spatial, whole)
    total = math.prod(places)
    refuse_large(max(channels, 1) * total, math.prod(window.sizes))
    output, _, source = _reach(window, spatial, places)
    counts = np.bincount(output, minlength=total)
    if divisor is not None or count_padding:
        counts = np.full(total, math.prod(window.sizes) if divisor is None else divisor)
    if counts.size and counts.min() < 1:
        raise ValueError("a window lies in the padding alone, or the divisor is not positive")
    common = math.lcm(1, *(int(count) for count in np.unique(counts)))
    values = integer_array(np.array([common // int(count) for count in counts], dtype=object))[output]
    channel = np.arange(channels, dtype=np.int64)[:, None]
    columns = channel * math.prod(spatial) + source
    rows = channel * total + output
    size = (channels * total, math.prod(shape))
    matrix = IntegerRows.from_entries(rows.ravel(), columns.ravel(), np.tile(values, channels), size)
    return AffineMap.from_integers(matrix, np.zeros(size[0], dtype=np.int64), common), (channels, *places)


def _reach(window: Window, spatial: Shape, places: Shape) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return output, kernel position and input position of every product that is not with padding."""
    source, inside = np.zeros((1, 1), dtype=np.int64), np.ones((1, 1), dtype=bool)
    for axis, length in enumerate(spatial):
        starts = np.arange(places[axis], dtype=np.int64)[:, None] * window.strides[axis] - window.before[axis]
        reached = starts + np.arange(window.sizes[axis], dtype=np.int64) * window.dilations[axis]
        size = (source.shape[0] * reached.shape[0], source.shape[1] * reached.shape[1])
        source = (source[:, None, :, None] * length + reached[None, :, None, :]).reshape(size)
        within = (reached >= 0) & (reached < length)
        inside = (inside[:, None, :, None] & within[None, :, None, :]).reshape(size)
    output, position = np.nonzero(inside)
    return output, position, source[output, position]
