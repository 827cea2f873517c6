"""Conv and the average pools of an ONNX graph, written out as sparse affine maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from constructions.network.convolutions import Window, average_pool, convolution, same_padding
from constructions.network.onnx_chain import OnnxChain
from constructions.network.onnx_values import OnnxNode

_MOVES = {
    "kernel_shape": "INTS",
    "strides": "INTS",
    "pads": "INTS",
    "dilations": "INTS",
    "auto_pad": "STRING",
}


def _window(node: OnnxNode, attributes: dict[str, Any], sizes: list[int], spatial: tuple[int, ...]) -> Window:
    """Return how the kernel of a node moves."""
    mode = attributes.get("auto_pad", b"NOTSET")
    pads = attributes.get("pads")
    strides, dilations = (attributes.get(name) or [1] * len(sizes) for name in ("strides", "dilations"))
    before = after = None
    if mode in (b"SAME_UPPER", b"SAME_LOWER"):
        plain = Window.of(sizes, strides, dilations=dilations)
        if pads or len(spatial) != len(sizes):
            raise node.refused(f"pads {pads} beside auto_pad, or a kernel of {sizes} for an input of {spatial}")
        before, after = same_padding(sizes, plain.strides, plain.dilations, spatial, mode == b"SAME_LOWER")
    elif mode not in (b"NOTSET", b"VALID", b"") or (pads and mode == b"VALID"):
        raise node.refused(f"auto_pad {mode!r} with pads {pads}")
    elif pads:
        before, after = pads[: len(sizes)], pads[len(sizes) :]
    return Window.of(sizes, strides, before, after, dilations)


def _conv(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value", "constant", "constant?")
    attributes = node.attributes(**_MOVES, group="INT")
    kernel = node.floats(1)
    shape = chain.channels(node)
    sizes = list(kernel.shape[2:])
    if kernel.ndim != len(shape) + 1 or kernel.ndim < 3 or attributes.get("kernel_shape", sizes) != sizes:
        raise node.refused(f"a kernel of {kernel.shape} does not fit a value of {chain.shown}")
    window = _window(node, attributes, sizes, shape[1:])
    bias = node.floats(2) if len(node.inputs) == 3 else None
    affine, after = convolution(shape, kernel, bias, window, attributes.get("group", 1))
    chain.layers.follow(affine, chain.with_channels(after))


def _average_pool(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value")
    attributes = node.attributes(**_MOVES, ceil_mode="INT", count_include_pad="INT")
    shape = chain.channels(node)
    if "kernel_shape" not in attributes:
        raise node.refused("it has no kernel_shape")
    window = _window(node, attributes, attributes["kernel_shape"], shape[1:])
    affine, after = average_pool(
        shape, window, node.flag(attributes, "count_include_pad"), whole=node.flag(attributes, "ceil_mode")
    )
    chain.layers.follow(affine, chain.with_channels(after))


def _global_average_pool(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value")
    node.attributes()
    shape = chain.channels(node)
    affine, after = average_pool(shape, Window.of(shape[1:]))
    chain.layers.follow(affine, chain.with_channels(after))


WINDOWS: dict[str, Callable[[OnnxChain, OnnxNode], None]] = {
    "Conv": _conv,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global_average_pool,
}
