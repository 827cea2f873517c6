"""Convolutions, pools and shapes of torch modules: the values of torch, and what its ONNX export gives."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from constructions.errors import InexactInput, UsageError
from constructions.network.relu_network import ReluNetwork

Shape = tuple[int, ...]


def with_eighths(module: nn.Sequential, seed: int = 0) -> nn.Sequential:
    """Give a module weights that are small eighths, so that float64 computes without rounding."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randint(-9, 10, parameter.shape, generator=draw) / 8)
    return module.double().eval()


def assert_agrees(module: nn.Sequential, shape: Shape, network: ReluNetwork) -> None:
    points = np.random.default_rng(3).integers(-16, 17, (4, *shape))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = module(torch.from_numpy(points / 4)).reshape(4, -1).tolist()
    exact = [network([Fraction(int(value), 4) for value in point.ravel()]) for point in points]
    assert [tuple(map(Fraction, row)) for row in outputs] == exact


MODULES: dict[str, tuple[Callable[[], nn.Sequential], Shape]] = {
    "two linear layers": (lambda: nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2)), (3,)),
    "linear on an axis": (lambda: nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 1)), (4, 3)),
    "relu at the end": (lambda: nn.Sequential(nn.Linear(3, 2), nn.ReLU()), (3,)),
    "image": (lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 1, 2)), (2, 6, 5)),
    "stride and padding": (lambda: nn.Sequential(nn.Conv2d(1, 2, (3, 2), (2, 3), (1, 0), bias=False)), (1, 7, 8)),
    "dilation and groups": (lambda: nn.Sequential(nn.Conv2d(4, 6, 2, dilation=(1, 2), groups=2)), (4, 4, 5)),
    "same": (lambda: nn.Sequential(nn.Conv2d(1, 1, (2, 4), padding="same", dilation=(1, 2))), (1, 5, 7)),
    "valid": (lambda: nn.Sequential(nn.Conv1d(2, 2, 3, padding="valid")), (2, 7)),
    "signal": (lambda: nn.Sequential(nn.Conv1d(2, 3, 3, stride=2, padding=1), nn.AvgPool1d(2)), (2, 9)),
    "volume": (lambda: nn.Sequential(nn.Conv3d(1, 2, 2), nn.AvgPool3d(2, divisor_override=4)), (1, 3, 4, 3)),
    "pools": (lambda: nn.Sequential(nn.AvgPool2d(2, padding=1), nn.ReLU(), nn.AvgPool2d((1, 2), 1)), (2, 4, 6)),
    "padding left out": (lambda: nn.Sequential(nn.AvgPool2d(2, 1, 1, count_include_pad=False)), (1, 3, 3)),
    "adaptive": (lambda: nn.Sequential(nn.AdaptiveAvgPool2d((2, None)), nn.AdaptiveAvgPool2d(1)), (2, 8, 4)),
    "unflatten": (
        lambda: nn.Sequential(nn.Unflatten(1, (1, -1, 4)), nn.Conv2d(1, 2, 2), nn.Flatten(2), nn.Flatten(-2, -1)),
        (12,),
    ),
    "whole network": (
        lambda: nn.Sequential(
            nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Dropout2d(), nn.AvgPool2d(2)),
            nn.Sequential(nn.Flatten(), nn.Linear(18, 4), nn.ReLU(), nn.Dropout(), nn.Identity(), nn.Linear(4, 3)),
        ),
        (1, 6, 6),
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_have_the_values_that_torch_gives(name: str) -> None:
    build, shape = MODULES[name]
    module = with_eighths(build())
    assert_agrees(module, shape, ReluNetwork.from_torch(module, shape))


def exported(module: nn.Sequential, shape: Shape, path: Path, fixed: bool) -> ReluNetwork:
    axes = None if fixed else {"x": {0: "batch"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = torch.zeros(1, *shape)
        torch.onnx.export(module, (example,), str(path), dynamo=False, input_names=["x"], dynamic_axes=axes)
    return ReluNetwork.from_onnx(path)


@pytest.mark.parametrize("fixed", [True, False], ids=["one point", "open batch"])
@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("volume", "adaptive")])
def test_the_export_to_onnx_is_the_same_network(tmp_path: Path, name: str, fixed: bool) -> None:
    build, shape = MODULES[name]
    torch.manual_seed(5)
    module = build().eval()
    assert exported(module, shape, tmp_path / "model.onnx", fixed) == ReluNetwork.from_torch(module, shape)


def test_random_weights_are_taken_exactly() -> None:
    torch.manual_seed(2)
    module = nn.Sequential(nn.Conv1d(1, 1, 2), nn.Flatten(), nn.Linear(2, 1, bias=False))
    (kernel,), (bias,) = module[0].weight.tolist()[0], module[0].bias.tolist()
    ((first, second),) = module[2].weight.tolist()
    a, b, c, p, q = map(Fraction, (*kernel, bias, first, second))
    (affine,) = ReluNetwork.from_torch(module, (1, 3)).maps
    assert affine.weight == ((p * a, p * b + q * a, q * b),) and affine.bias == ((p + q) * c,)


def test_a_layer_that_stands_twice_is_read_twice() -> None:
    relu, linear = nn.ReLU(), nn.Linear(2, 2)
    module = with_eighths(nn.Sequential(linear, relu, linear, relu, nn.Linear(2, 1)))
    network = ReluNetwork.from_torch(module)
    assert len(network.maps) == 3 and network.maps[0] == network.maps[1]
    assert_agrees(module, (2,), network)


def test_relu_may_come_first_where_the_shape_is_known() -> None:
    module = with_eighths(nn.Sequential(nn.ReLU(), nn.ReLU(), nn.Linear(2, 1)))
    assert_agrees(module, (2,), ReluNetwork.from_torch(module, (2,)))


@pytest.mark.parametrize(
    ("kind", "shape"), [(nn.BatchNorm1d, (2,)), (nn.BatchNorm1d, (2, 3)), (nn.BatchNorm2d, (2, 2, 2))]
)
def test_normalization_with_rational_roots_is_exact(kind: Any, shape: Shape) -> None:
    layer = kind(2, eps=0.25)
    layer.running_mean.copy_(torch.tensor([1.0, -0.5]))
    layer.running_var.copy_(torch.tensor([0.75, 15.75]))
    module = with_eighths(nn.Sequential(layer))
    assert_agrees(module, shape, ReluNetwork.from_torch(module, shape))


def test_the_weight_of_a_parametrized_layer_is_the_one_it_uses() -> None:
    linear = nn.Linear(2, 2)
    nn.utils.parametrizations.weight_norm(linear)
    (affine,) = ReluNetwork.from_torch(nn.Sequential(linear)).maps
    assert affine.weight == tuple(tuple(map(Fraction, row)) for row in linear.weight.tolist())


class Doubled(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(x)


class Skipping(nn.Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + super().forward(x)


def _hooked() -> nn.Linear:
    layer = nn.Linear(2, 2)
    layer.register_forward_hook(lambda module, inputs, output: 2 * output)
    return layer


REFUSED: dict[str, tuple[Callable[[], nn.Module], Shape, str]] = {
    "own forward": (lambda: Doubled(2, 2), (2,), "cannot read a Doubled"),
    "own sequence": (lambda: Skipping(nn.Linear(2, 2)), (2,), "cannot read a Skipping"),
    "hooks": (_hooked, (2,), "forward hooks"),
    "padding mode": (lambda: nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), (1, 4, 4), "zeros"),
    "transposed": (lambda: nn.ConvTranspose2d(1, 1, 2), (1, 4, 4), "cannot read a ConvTranspose2d"),
    "maximum": (lambda: nn.MaxPool2d(2), (1, 4, 4), "cannot read a MaxPool2d"),
    "channels": (lambda: nn.Conv2d(2, 1, 2), (1, 4, 4), "does not fit"),
    "no batch of signals": (lambda: nn.AvgPool2d(2), (4, 4), "shape"),
    "no batch of images": (lambda: nn.Conv2d(4, 1, 2), (4, 4), "does not fit"),
    "no batch of pools": (lambda: nn.AdaptiveAvgPool1d(1), (4,), "shape"),
    "uneven windows": (lambda: nn.AdaptiveAvgPool2d(3), (1, 4, 4), "not all alike"),
    "ceil": (lambda: nn.AvgPool2d(2, ceil_mode=True), (1, 3, 3), "ceil_mode"),
    "irrational": (lambda: nn.BatchNorm2d(1), (1, 3, 3), "no rational square root"),
    "no statistics": (lambda: nn.BatchNorm2d(1, track_running_stats=False), (1, 3, 3), "statistics"),
    "other rank": (lambda: nn.BatchNorm2d(1), (1, 3), "shape"),
    "flatten the batch": (lambda: nn.Flatten(0), (1, 3), "batch apart"),
    "unflatten the batch": (lambda: nn.Unflatten(0, (1, 1)), (1, 3), "batch apart"),
    "unflatten badly": (lambda: nn.Unflatten(1, (2, 2)), (3,), "does not fit"),
    "complex": (lambda: nn.Linear(2, 2, dtype=torch.complex64), (2,), "complex64"),
    "linear": (lambda: nn.Linear(3, 1), (2,), "does not fit"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_layers_that_are_not_what_they_seem_are_refused(name: str) -> None:
    build, shape, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        ReluNetwork.from_torch(nn.Sequential(build(), nn.Flatten()), shape)


@pytest.mark.parametrize(
    "layer", [nn.Conv2d(1, 1, 1), nn.AvgPool1d(2), nn.Unflatten(1, (1, 2)), nn.Flatten(2)], ids=str
)
def test_layers_that_need_a_shape_ask_for_it(layer: nn.Module) -> None:
    with pytest.raises(UsageError, match=f"{type(layer).__name__} layer needs input_shape"):
        ReluNetwork.from_torch(nn.Sequential(nn.Dropout(), layer))
    with pytest.raises(UsageError, match="positive integers"):
        ReluNetwork.from_torch(nn.Sequential(layer), (1, 0))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_kernels_with_numbers_that_are_none_are_refused(bad: float) -> None:
    layer = nn.Conv1d(1, 1, 2)
    with torch.no_grad():
        layer.weight[0, 0, 1] = bad
    with pytest.raises(InexactInput, match=str(bad)):
        ReluNetwork.from_torch(nn.Sequential(layer), (1, 3))
