"""The layers of a torch module, read in inference mode into exact maps."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from constructions.network.convolutions import Window, average_pool, convolution
from constructions.network.layer_chain import LayerChain
from constructions.network.normalization import normalization_factors

if TYPE_CHECKING:
    import torch


def read_linear(layer: torch.nn.Linear, chain: LayerChain) -> None:
    """Apply a ``Linear`` layer."""
    chain.multiply(_numbers(layer.weight))
    if layer.bias is not None:
        chain.shift(_numbers(layer.bias))


def read_relu(layer: torch.nn.ReLU, chain: LayerChain) -> None:
    """Apply ReLU."""
    chain.relu()


def read_without_effect(layer: torch.nn.Module, chain: LayerChain) -> None:
    """Leave the value as it is."""


def read_convolution(layer: Any, chain: LayerChain) -> None:
    """Apply a convolution of any number of dimensions."""
    if layer.padding_mode != "zeros":
        raise ValueError(f"cannot read {layer}: its padding is not with zeros")
    before, after = layer.padding, layer.padding
    if isinstance(layer.padding, str):
        reach = [step * (size - 1) for size, step in zip(layer.kernel_size, layer.dilation, strict=True)]
        totals = [0 if layer.padding == "valid" else total for total in reach]
        before, after = [total // 2 for total in totals], [total - total // 2 for total in totals]
    window = Window.of(layer.kernel_size, layer.stride, before, after, layer.dilation)
    bias = None if layer.bias is None else _numbers(layer.bias)
    chain.follow(*convolution(chain.shape, _numbers(layer.weight), bias, window, layer.groups))


def read_average_pool(layer: Any, chain: LayerChain, rank: int) -> None:
    """Apply an average pool of this many spatial dimensions."""
    _refuse_other_rank(layer, chain, (rank,))
    sizes, strides, pads = (_repeated(part, rank) for part in (layer.kernel_size, layer.stride, layer.padding))
    divisor = getattr(layer, "divisor_override", None)
    window = Window.of(sizes, strides, pads)
    chain.follow(*average_pool(chain.shape, window, layer.count_include_pad, divisor, layer.ceil_mode))


def read_adaptive_pool(layer: Any, chain: LayerChain, rank: int) -> None:
    """Apply an adaptive average pool whose windows are alike."""
    _refuse_other_rank(layer, chain, (rank,))
    spatial = chain.shape[1:]
    wanted = [size or length for size, length in zip(_repeated(layer.output_size, rank), spatial, strict=True)]
    if any(length % size for length, size in zip(spatial, wanted, strict=True)):
        raise ValueError(f"cannot read {layer}: windows over {spatial} are not all alike")
    sizes = [length // size for length, size in zip(spatial, wanted, strict=True)]
    chain.follow(*average_pool(chain.shape, Window.of(sizes, sizes)))


def read_normalization(layer: Any, chain: LayerChain, *ranks: int) -> None:
    """Apply batch normalization as in inference, where its square roots are rational."""
    _refuse_other_rank(layer, chain, ranks)
    if layer.running_mean is None or chain.shape[0] != layer.num_features:
        raise ValueError(f"cannot read {layer}: it keeps no statistics, or its input has shape {chain.shape}")
    ones = np.ones(layer.num_features)
    scale = ones if layer.weight is None else _numbers(layer.weight)
    shift = 0 * ones if layer.bias is None else _numbers(layer.bias)
    mean, variance = _numbers(layer.running_mean), _numbers(layer.running_var)
    factors, offsets = normalization_factors(scale, shift, mean, variance, Fraction(layer.eps))
    along = (-1, *(1 for _ in chain.shape[1:]))
    chain.scale(factors.reshape(along))
    chain.shift(offsets.reshape(along))


def read_flatten(layer: torch.nn.Flatten, chain: LayerChain) -> None:
    """Apply ``Flatten``."""
    rank = len(chain.shape) + 1
    start, end = (dim + rank if dim < 0 else dim for dim in (layer.start_dim, layer.end_dim))
    if not 1 <= start <= end < rank:
        raise ValueError(f"cannot read {layer}: it does not keep the points of a batch apart")
    shape = chain.shape
    chain.reshape((*shape[: start - 1], math.prod(shape[start - 1 : end]), *shape[end:]))


def read_unflatten(layer: torch.nn.Unflatten, chain: LayerChain) -> None:
    """Apply ``Unflatten``."""
    rank = len(chain.shape) + 1
    if not isinstance(layer.dim, int) or not -rank < layer.dim < rank or layer.dim in (0, -rank):
        raise ValueError(f"cannot read {layer}: it does not keep the points of a batch apart")
    place = (layer.dim + rank if layer.dim < 0 else layer.dim) - 1
    sizes = list(layer.unflattened_size)
    known = math.prod(size for size in sizes if size != -1)
    if -1 in sizes and known:
        sizes[sizes.index(-1)] = chain.shape[place] // known
    if math.prod(sizes) != chain.shape[place]:
        raise ValueError(f"cannot read {layer}: it does not fit a value of shape {chain.shape}")
    chain.reshape((*chain.shape[:place], *sizes, *chain.shape[place + 1 :]))


def _repeated(value: Any, rank: int) -> tuple[Any, ...]:
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    if len(values) != rank:
        raise ValueError(f"{value} does not fit {rank} spatial dimensions")
    return values


def _refuse_other_rank(layer: Any, chain: LayerChain, ranks: tuple[int, ...]) -> None:
    """Refuse what torch would take for a point without a batch."""
    if len(chain.shape) - 1 not in ranks:
        raise ValueError(f"cannot read {layer}: its input has shape {chain.shape}")


def _numbers(tensor: torch.Tensor) -> np.ndarray:
    if not tensor.is_floating_point():
        raise ValueError(f"weights of type {tensor.dtype} cannot be read")
    return tensor.detach().cpu().double().numpy()
