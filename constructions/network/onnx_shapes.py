"""The nodes of an ONNX graph that move numbers without changing them."""

from __future__ import annotations

import math
from collections.abc import Callable

from constructions.network.onnx_chain import OnnxChain
from constructions.network.onnx_constants import axes_of
from constructions.network.onnx_values import OnnxNode, OpenSize


def _flatten(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value")
    axis, rank, shape = node.attributes(axis="INT").get("axis", 1), len(chain.dims), chain.layers.shape
    if chain.batched:
        if axis not in (1, 1 - rank):
            raise node.refused(f"axis {axis} does not keep the batch apart")
        chain.layers.reshape((chain.layers.width,))
    else:
        if not -rank <= axis <= rank:
            raise node.refused(f"axis {axis} in a value of {chain.shown}")
        axis += rank if axis < 0 else 0
        chain.layers.reshape((math.prod(shape[:axis]), math.prod(shape[axis:])))


def _reshape(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value", "constant")
    copies = not node.flag(node.attributes(allowzero="INT"), "allowzero")
    target = node.integers(1)
    lead = int(chain.batched)
    if chain.batched:
        _refuse_mixed(chain, node, target, copies)
    elif not target:
        raise node.refused("its shape is empty")
    copied = [*chain.layers.shape, *target[len(chain.dims) :]]  # what a 0 stands for, place by place
    sizes = [old if copies and new == 0 else new for new, old in zip(target[lead:], copied, strict=False)]
    known = math.prod(size for size in sizes if isinstance(size, int) and size != -1)
    if -1 in sizes and known:
        sizes[sizes.index(-1)] = chain.layers.width // known
    plain = [size for size in sizes if isinstance(size, int) and size >= 0]
    if not plain or len(plain) < len(sizes) or math.prod(plain) != chain.layers.width:
        raise node.refused(f"shape {_shown(target)} does not fit a value of {chain.shown}")
    chain.layers.reshape(tuple(plain))


def _refuse_mixed(chain: OnnxChain, node: OnnxNode, target: list[int | OpenSize], copies: bool) -> None:
    first = target[0] if target else None
    keeps = first is not None and (first == chain.dims[0] or (copies and first == 0))
    if not keeps and (first != -1 or -1 in target[1:]):
        raise node.refused(f"shape {_shown(target)} does not keep the batch apart")


def _shown(target: list[int | OpenSize]) -> list[int | str]:
    return [size.value if isinstance(size, OpenSize) else size for size in target[:8]]


def _transpose(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value")
    rank, lead = len(chain.dims), int(chain.batched)
    axes = node.attributes(perm="INTS").get("perm") or list(reversed(range(rank)))
    if sorted(axes) != list(range(rank)) or (chain.batched and axes[0] != 0):
        raise node.refused(f"perm {axes[:8]} does not keep the batch apart in a value of {chain.shown}")
    chain.layers.transpose(tuple(axis - lead for axis in axes[lead:]))


def _squeeze(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value", "constant?")
    axes, shape = axes_of(node), chain.layers.shape
    if axes is None and chain.batched:
        raise node.refused("without axes it does not keep the batch apart")
    gone = {chain.axis(node, axis) for axis in axes} if axes is not None else None
    dropped = {place for place, size in enumerate(shape) if size == 1} if gone is None else gone
    if any(shape[place] != 1 for place in dropped):
        raise node.refused(f"axes {axes} are not all of length 1 in a value of {chain.shown}")
    chain.layers.reshape(tuple(size for place, size in enumerate(shape) if place not in dropped))


def _unsqueeze(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value", "constant?")
    axes = axes_of(node)
    if not axes:
        raise node.refused("it names no axes")
    rank = len(chain.dims) + len(axes)
    places = {chain.axis(node, axis, rank) for axis in axes}
    if len(places) < len(axes):
        raise node.refused(f"axes {axes[:8]} repeat")
    old = iter(chain.layers.shape)
    chain.layers.reshape(tuple(1 if place in places else next(old) for place in range(rank - chain.batched)))


def _identity(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value")
    node.attributes()


def _dropout(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value", "constant?", "constant?")
    node.attributes(ratio="FLOAT", seed="INT")
    if len(node.inputs) == 3 and node.is_true(2):
        raise node.refused("it is in training mode, where its result is random")


SHAPES: dict[str, Callable[[OnnxChain, OnnxNode], None]] = {
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Identity": _identity,
    "Dropout": _dropout,
}
