"""VNN-LIB files that we write: read back as the same box, or as a larger one that is named."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from constructions.errors import InexactInput, UsageError
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.properties.vnnlib import read_vnnlib
from verify.properties.vnnlib_writer import write_vnnlib

F = Fraction
VERSIONS = ["1.0", "2.0"]


def draw_decimal(draw: random.Random) -> Fraction:
    return F(draw.randint(-(10**6), 10**6), 2 ** draw.randint(0, 40) * 5 ** draw.randint(0, 20))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("outputs", [1, 2, 5])
@pytest.mark.parametrize("seed", range(5))
def test_decimals_come_back_exactly(tmp_path: Path, seed: int, outputs: int, version: Any) -> None:
    draw, path = random.Random(seed), tmp_path / "ball.vnnlib"
    lower = [draw_decimal(draw) for _ in range(4)]
    upper = [value + abs(draw_decimal(draw)) for value in lower]
    label = draw.choice([-1, 1]) if outputs == 1 else draw.randrange(outputs)
    box = write_vnnlib(path, lower, upper, label, outputs, version)
    assert (box.lower, box.upper, box.rounded) == (tuple(lower), tuple(upper), ())
    found = read_vnnlib(path)
    assert (found.inputs, found.outputs, len(found.cases)) == (4, outputs, max(outputs - 1, 1))
    assert all((case.lower, case.upper) == (box.lower, box.upper) for case in found.cases)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "value", [0, F(-1, 2), F(7, 8), F(1, 2**1074), -(2**1000), F(3, 5**1000), F(10**999), "0.1"], ids=range(8)
)
def test_small_large_and_negative_decimals(tmp_path: Path, value: Any, version: Any) -> None:
    box = write_vnnlib(tmp_path / "a.vnnlib", [value], [value], 1, 1, version)
    (case,) = read_vnnlib(tmp_path / "a.vnnlib").cases
    assert case.lower == case.upper == box.lower == (F(value),)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "value", [F(1, 3), F(-1, 3), F(22, 7), F(-5, 999), F(1, 3 * 10**40), F(1, 2**1101), F(-1, 5**1200)], ids=range(7)
)
def test_other_numbers_are_rounded_outward_and_named(tmp_path: Path, value: Fraction, version: Any) -> None:
    box = write_vnnlib(tmp_path / "a.vnnlib", [0, value, -1], [1, value, 1], 1, 1, version)
    (case,) = read_vnnlib(tmp_path / "a.vnnlib").cases
    assert (case.lower, case.upper) == (box.lower, box.upper)
    assert box.rounded == (1,)
    assert box.lower[1] < value < box.upper[1] and box.upper[1] - box.lower[1] == F(1, 10**30)
    assert (tmp_path / "a.vnnlib").read_text().count("rounded outward") == 1


def test_one_bound_may_be_rounded_alone(tmp_path: Path) -> None:
    box = write_vnnlib(tmp_path / "a.vnnlib", [F(1, 4)], [F(1, 3)], -1, 1)
    assert box.lower == (F(1, 4),) and box.upper[0] > F(1, 3) and box.rounded == (0,)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("label", [-1, 1])
def test_an_output_of_zero_is_wrong(tmp_path: Path, label: int, version: Any) -> None:
    write_vnnlib(tmp_path / "a.vnnlib", [-1], [1], label, 1, version)
    (case,) = read_vnnlib(tmp_path / "a.vnnlib").cases
    identity = ReluNetwork([AffineMap([[1]], [0])])
    assert [case.is_reached_at(identity, [x]) for x in (-1, 0, 1)] == [label * x <= 0 for x in (-1, 0, 1)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("outputs", [2, 3, 4])
def test_another_output_that_is_equal_is_wrong(tmp_path: Path, outputs: int, version: Any) -> None:
    draw = random.Random(outputs)
    for label in range(outputs):
        write_vnnlib(tmp_path / "a.vnnlib", [0], [1], label, outputs, version)
        found = read_vnnlib(tmp_path / "a.vnnlib")
        for _ in range(30):
            values = [draw.randint(0, 2) for _ in range(outputs)]
            network = ReluNetwork([AffineMap([[0]] * outputs, values)])
            wrong = any(value >= values[label] for place, value in enumerate(values) if place != label)
            assert any(case.is_reached_at(network, [0]) for case in found.cases) == wrong


def test_the_text_is_what_other_readers_expect(tmp_path: Path) -> None:
    write_vnnlib(tmp_path / "a.vnnlib", ["-0.5", 0], [2, "0.25"], 1, 3)
    assert (tmp_path / "a.vnnlib").read_text() == (
        "; Where another output is at least output 1, on a box.\n"
        "(declare-const X_0 Real)\n(declare-const X_1 Real)\n"
        "(declare-const Y_0 Real)\n(declare-const Y_1 Real)\n(declare-const Y_2 Real)\n"
        "(assert (>= X_0 -0.5))\n(assert (<= X_0 2.0))\n(assert (>= X_1 0.0))\n(assert (<= X_1 0.25))\n"
        "(assert (or (and (>= Y_0 Y_1)) (and (>= Y_2 Y_1))))\n"
    )
    write_vnnlib(tmp_path / "b.vnnlib", ["-0.5"], [2], -1, 1, "2.0")
    assert (tmp_path / "b.vnnlib").read_text() == (
        "; Where a network does not keep label -1 on a box.\n"
        "(vnnlib-version <2.0>)\n(declare-network f (declare-input X real [1,1]) (declare-output Y real [1,1]))\n"
        "(assert (>= X[0,0] -0.5))\n(assert (<= X[0,0] 2.0))\n(assert (>= Y[0,0] 0.0))\n"
    )


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path: Any = tmp_path / "a.vnnlib"
    bad: list[tuple[tuple[Any, ...], str]] = [
        (([0], [1, 2], 1, 1), "no box"),
        (([], [], 1, 1), "no box"),
        (([1], [0], 1, 1), "no box"),
        (([0], [1], 0, 1), "label 0 is none"),
        (([0], [1], 2, 2), "label 2 is none"),
        (([0], [1], -1, 2), "label -1 is none"),
        (([0], [1], 0, 0), "label 0 is none"),
        (([0], [1], 1, 1, "3.0"), "version"),
        (([0], [10**1000 + 1], 1, 1), "beyond"),
    ]
    for arguments, message in bad:
        with pytest.raises(UsageError, match=message):
            write_vnnlib(path, *arguments)
    with pytest.raises(InexactInput, match="bound 0"):
        write_vnnlib(path, [0.5], [1], 1, 1)
    assert not path.exists()
    with pytest.raises(UsageError, match="cannot write"):
        write_vnnlib(tmp_path, [0], [1], 1, 1)
