"""To and from torch: nothing rounded on the way, and the same values where float arithmetic is exact."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from constructions.errors import InexactInput, UsageError
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


def draw_network(seed: int, size: int, denominators: list[int]) -> ReluNetwork:
    draw = random.Random(seed)

    def number() -> Fraction:
        return Fraction(draw.randint(-size, size), draw.choice(denominators))

    widths = [draw.randint(1, 5) for _ in range(draw.randint(2, 4))]
    return ReluNetwork(
        AffineMap([[number() for _ in range(inputs)] for _ in range(outputs)], [number() for _ in range(outputs)])
        for inputs, outputs in itertools.pairwise(widths)
    )


def points_and_corners(dim: int, seed: int) -> np.ndarray:
    """Return sixteenths: random points, and every corner of the ball of radius 3/16 around one."""
    random_points = np.random.default_rng(seed).integers(-32, 33, (40, dim))
    corners = random_points[0] + 3 * np.array(list(itertools.product([-1, 1], repeat=dim)))
    return np.concatenate([random_points, corners])


def plain_forward(module: torch.nn.Sequential, point: list[Fraction]) -> list[Fraction]:
    """Evaluate a torch module in fractions, one product at a time."""
    values = point
    for layer in module:
        if isinstance(layer, torch.nn.Linear):
            rows, bias = (
                layer.weight.tolist(),
                [0.0] * layer.out_features if layer.bias is None else layer.bias.tolist(),
            )
            values = [
                sum((Fraction(a) * x for a, x in zip(row, values, strict=True)), Fraction(b))
                for row, b in zip(rows, bias, strict=True)
            ]
        else:
            values = [max(value, Fraction(0)) for value in values]
    return values


@pytest.mark.parametrize("denominators", [[1], [1, 2, 8], [1, 2, 3]], ids=["integers", "dyadic", "thirds"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("seed", range(8))
def test_values_and_signs_agree_on_points_and_corners(seed: int, dtype: torch.dtype, denominators: list[int]) -> None:
    network = draw_network(seed, 2 if dtype == torch.float32 else 9, denominators)
    module: Any = network.to_torch(dtype)
    points = points_and_corners(network.dim, seed)
    with torch.no_grad():
        outputs = module(torch.from_numpy(points / 16).to(dtype)).double().numpy()
    exact = [[module.scale * v for v in network([Fraction(int(c), 16) for c in point])] for point in points]
    assert [[Fraction(v) for v in row] for row in outputs.tolist()] == exact
    assert np.array_equal(np.sign(outputs), [[(v > 0) - (v < 0) for v in row] for row in exact])


@pytest.mark.parametrize("seed", range(10))
def test_going_to_torch_and_back_gives_the_same_function(seed: int) -> None:
    network = draw_network(seed, 2**20, [1, 2, 3, 5])
    back = ReluNetwork.from_torch(network.to_torch())
    for shift in range(5):
        point = [Fraction(3 * j - 4 + shift, 7) for j in range(network.dim)]
        assert back(point) == network(point)


def test_weights_that_the_type_holds_are_copied() -> None:
    network = ReluNetwork([AffineMap([["1/2", -3]], ["0.375"]), AffineMap([[2**60]], [Fraction(1, 2**100)])])
    module: Any = network.to_torch(torch.float32)
    assert module.scale == 1
    assert module[0].weight.tolist() == [[0.5, -3.0]]
    assert ReluNetwork.from_torch(module) == network


@pytest.mark.parametrize(("weight", "dtype"), [("1/3", torch.float32), ("1/10", torch.float64)])
def test_other_weights_are_written_as_integers_with_their_scale(weight: str, dtype: torch.dtype) -> None:
    network = ReluNetwork([AffineMap([[weight]], [1]), AffineMap([[weight]], [-1])])
    module: Any = network.to_torch(dtype)
    assert module.scale == Fraction(1) / Fraction(weight) ** 2
    assert module[0].weight.dtype == dtype
    assert module[2].weight.tolist() == [[1.0]]
    assert ReluNetwork.from_torch(module)([5]) == network([5])


@pytest.mark.parametrize(
    ("weight", "dtype", "fits"),
    [
        (2**24, torch.float32, True),
        (2**24 + 1, torch.float32, False),
        (2**24 + 1, torch.float64, True),
        (2**53, torch.float64, True),
        (2**53 + 1, torch.float64, False),
        (2**63 - 1, torch.float64, False),
        (2**63, torch.float32, True),
        (2**127, torch.float32, True),
        (2**128, torch.float32, False),
        (2**1023, torch.float64, True),
        (2**1024, torch.float64, False),
        (Fraction(1, 2**149), torch.float32, True),
        (Fraction(1, 2**1074), torch.float64, True),
        (Fraction(2**53 + 1, 2**1000), torch.float64, False),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_the_type_cannot_hold_is_refused(weight: Fraction | int, dtype: torch.dtype, fits: bool) -> None:
    network = ReluNetwork([AffineMap([[weight]], [0])])
    if fits:
        assert ReluNetwork.from_torch(network.to_torch(dtype)) == network
    else:
        with pytest.raises(InexactInput, match="cannot hold"):
            network.to_torch(dtype)


def test_other_types_are_refused() -> None:
    network = ReluNetwork([AffineMap([[1]], [0])])
    for dtype in (torch.bfloat16, torch.float16, torch.int64):
        with pytest.raises(UsageError, match=str(dtype)):
            network.to_torch(dtype)


def _module(seed: int, dtype: torch.dtype, exponents: list[int]) -> torch.nn.Sequential:
    torch.manual_seed(seed)
    module = torch.nn.Sequential(
        torch.nn.Linear(3, 9, dtype=dtype),
        torch.nn.ReLU(),
        torch.nn.Linear(9, 8, bias=False, dtype=dtype),
        torch.nn.ReLU(),
        torch.nn.Linear(8, 2, dtype=dtype),
    )
    draw = random.Random(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.ldexp(parameter, torch.tensor([draw.choice(exponents)], dtype=dtype)))
            parameter.view(-1)[0] = 0.0
    return module


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("exponents", [[0], [-3, 0, 4], [-14, 5]], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_every_float_is_taken_exactly(seed: int, exponents: list[int], dtype: torch.dtype) -> None:
    module: Any = _module(seed, dtype, exponents)
    network = ReluNetwork.from_torch(module)
    for affine, layer in zip(network.maps, [module[0], module[2], module[4]], strict=True):
        assert affine.weight == tuple(tuple(map(Fraction, row)) for row in layer.weight.tolist())
    point = [Fraction(1, 3), Fraction(-2), Fraction(seed)]
    assert list(network(point)) == plain_forward(module, point)


@pytest.mark.parametrize("exponent", [-1074, -1050, -1022, -500, 0, 500, 970])
def test_floats_from_the_smallest_to_the_largest(exponent: int) -> None:
    values = [[float(np.ldexp(3.0, exponent)), 0.0, -1.5], [2.0**-1074, 1.7976931348623157e308, -(2.0**-1022)]]
    layer = torch.nn.Linear(3, 2, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(values, dtype=torch.float64))
        layer.bias.copy_(torch.tensor([0.0, -5e-324], dtype=torch.float64))
    (affine,) = ReluNetwork.from_torch(layer).maps
    assert affine.weight == tuple(tuple(map(Fraction, row)) for row in values)
    assert affine.bias == (0, -Fraction(1, 2**1074))


def test_nested_modules_and_layers_without_effect() -> None:
    linear = [torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)]
    plain = torch.nn.Sequential(linear[0], torch.nn.ReLU(), linear[1])
    inner = torch.nn.Sequential(torch.nn.Identity(), linear[0], torch.nn.Dropout(0.5))
    nested = torch.nn.Sequential(torch.nn.Flatten(), inner, torch.nn.Sequential(torch.nn.ReLU(), linear[1]))
    assert ReluNetwork.from_torch(nested) == ReluNetwork.from_torch(plain)
    assert plain_forward(plain, [Fraction(1, 3), Fraction(-1)]) == list(ReluNetwork.from_torch(plain)(["1/3", -1]))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("part", ["weight", "bias"])
def test_weights_that_are_no_numbers_are_refused(bad: float, part: str) -> None:
    layer = torch.nn.Linear(2, 2)
    with torch.no_grad():
        getattr(layer, part).view(-1)[1] = bad
    with pytest.raises(InexactInput, match=f"NaN or infinite: {bad}"):
        ReluNetwork.from_torch(torch.nn.Sequential(layer))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "at least one affine layer or ReLU"),
        ([torch.nn.ReLU()], "must follow a Linear"),
        ([torch.nn.ReLU(), torch.nn.Linear(1, 1)], "must follow a Linear"),
        ([torch.nn.Linear(1, 1), torch.nn.Linear(2, 1)], r"\(1, 2\) does not fit a value of shape \(1,\)"),
        ([torch.nn.Linear(1, 1), torch.nn.Sigmoid(), torch.nn.Linear(1, 1)], "cannot read a Sigmoid"),
        ([torch.nn.Linear(1, 1), torch.nn.LeakyReLU(), torch.nn.Linear(1, 1)], "cannot read a LeakyReLU"),
        ([torch.nn.Conv2d(1, 1, 1)], "Conv2d layer needs input_shape"),
        ([torch.nn.Flatten(0), torch.nn.Linear(1, 1)], "Flatten"),
        ([torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(2, 1)], r"\(1, 2\) does not fit"),
    ],
    ids=range(9),
)
def test_other_modules_are_refused(layers: list[torch.nn.Module], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReluNetwork.from_torch(torch.nn.Sequential(*layers))


@pytest.mark.parametrize("scale", [0, -1, 0.3, float("nan"), "2", None], ids=str)
def test_a_scale_that_is_no_positive_exact_number_is_refused(scale: Any) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(1, 1))
    module.scale = scale
    with pytest.raises(UsageError, match="scale"):
        ReluNetwork.from_torch(module)


@pytest.mark.parametrize("scale", [1, 3, Fraction(3, 2), Fraction(1, 2**70), 2**70], ids=str)
@pytest.mark.parametrize("value", [0.0, 2.0**80], ids=["zero", "large"])
def test_a_recorded_scale_is_divided_out(scale: Any, value: float) -> None:
    layer = torch.nn.Linear(1, 1)
    with torch.no_grad():
        layer.weight.fill_(value)
        layer.bias.zero_()
    module = torch.nn.Sequential(layer)
    module.scale = scale
    assert ReluNetwork.from_torch(module)([3]) == (3 * Fraction(value) / scale,)


def test_the_module_trains_as_any_other() -> None:
    module: Any = ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[1, 1]], [0])]).to_torch()
    module(torch.tensor([[-2.0]], dtype=torch.float64)).sum().backward()
    assert module[0].weight.grad.tolist() == [[0.0], [-2.0]]


def test_widths_of_zero() -> None:
    build: Callable[..., AffineMap] = AffineMap.from_coo
    network = ReluNetwork([build([], [], [], (0, 2), []), build([], [], [], (1, 0), [5])])
    assert ReluNetwork.from_torch(network.to_torch()) == network
