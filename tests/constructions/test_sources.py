"""The SPEC grammar, random grids, and the help."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from constructions.data.sources import describe_spec_help, load_data
from constructions.errors import BudgetExceeded, UsageError


@pytest.mark.parametrize(
    "spec",
    [
        "digits",
        "digits:",
        "digits:-",
        "digits:3",
        "digits:3-",
        "digits:-3",
        "digits:3-8-1",
        "digits:33-8",
        "digits:3-a",
        "digits:even-4",
        "digits:012-210",
        "digits:rest-rest",
        "digits:rest",
        "digits:0123456789-rest",
        "digits:even-even",
        "digits:Even-odd",
        "digits:3 - 8",
        "digits:٣-8",
        "digits:²-8",
        "wine",
        "wine:0-3",
        "iris:1-7",
        "breast-cancer:0-2",
        "breast-cancer:",
        "breast-cancer:01-rest",
        "karate:",
        "karate:0-1",
        "",
        ":",
        "digit:3-8",
        "Digits:3-8",
        "mnist",
        "csv",
        "nosuch.csv",
        "nosuch.npz",
        ".csv",
        "a\0b.csv",
    ],
)
def test_specs_that_do_not_parse_are_usage_errors(spec: str) -> None:
    with pytest.raises(UsageError):
        load_data(spec)


def test_messages_name_what_was_given_and_what_is_known() -> None:
    with pytest.raises(UsageError, match=r"'harder'.*digits, .*karate, random, hard.*\.csv or \.npz"):
        load_data("harder:d=6")
    with pytest.raises(UsageError, match=r"wine:0-1.*got nothing"):
        load_data("wine")
    with pytest.raises(UsageError, match=r"class 4 on both sides"):
        load_data("digits:even-4")
    with pytest.raises(UsageError, match=r"'x7'.*0123456789"):
        load_data("digits:x7-1")
    with pytest.raises(UsageError, match=r"nosuch\.csv: No such file"):
        load_data("nosuch.csv")


def test_random_defaults_and_options() -> None:
    data = load_data("random")
    assert (len(data), data.dim, data.scale) == (64, 8, 15)
    assert data == load_data("random:n=64,d=8,levels=16,seed=0") == load_data("random:seed=0,levels=16")
    assert data != load_data("random:seed=1")
    assert load_data("random:d=3").dim == 3
    assert data.labels.count(1) == 32


def test_random_is_the_same_on_every_machine() -> None:
    data = load_data("random:n=4,d=3,levels=6,seed=7")
    assert data.scale == 5
    assert data.numerators.tolist() == [[0, 0, 3], [4, 4, 2], [2, 1, 2], [0, 1, 0]]
    assert data.labels == (-1, 1, 1, -1)


@pytest.mark.parametrize("levels", [2, 3, 256, 257, 32768, 32769, 2**31])
def test_random_coordinates_use_all_levels_and_no_more(levels: int) -> None:
    data = load_data(f"random:n=400,d=5,levels={levels},seed=3")
    assert data.scale == levels - 1
    assert int(data.numerators.min()) >= 0
    assert int(data.numerators.max()) <= levels - 1
    if levels < 300:
        assert set(np.unique(data.numerators)) == set(range(levels))
    else:
        assert int(data.numerators.max()) > 0.98 * levels


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("n", "d", "levels"), [(1, 1, 2), (2, 1, 2), (3, 1, 2), (50, 2, 2), (200, 1, 3), (9, 3, 2)])
def test_random_labels_never_conflict_and_both_occur(n: int, d: int, levels: int, seed: int) -> None:
    data = load_data(f"random:n={n},d={d},levels={levels},seed={seed}")
    label_of: dict[Any, int] = {}
    for point, label in zip(data.points, data.labels, strict=True):
        assert label_of.setdefault(point, label) == label
    assert len(data.classes) == min(2, len(label_of))
    positive = sum(label == 1 for label in label_of.values())
    assert positive == (len(label_of) + 1) // 2


def test_random_of_the_size_of_mnist() -> None:
    data = load_data("random:n=60000,d=784,levels=256")
    assert data.numerators.dtype == np.uint8
    assert (data.numerators.shape, data.scale) == ((60000, 784), 255)
    assert data.labels.count(1) == 30000
    assert 127 < float(data.numerators.mean()) < 128


@pytest.mark.parametrize(
    "options",
    [
        "",
        "n",
        "n=",
        "n=0",
        "n=-1",
        "n=1.5",
        "n=1e3",
        "n= 4",
        "n=4,",
        "n=4,n=4",
        "m=4",
        "N=4",
        "d=0",
        "levels=1",
        "levels=2147483649",
        "seed=-1",
        "seed=4294967296",
        "seed=0x1",
        "n=٣",
        "n=1_0",
        "n=" + "9" * 5000,
    ],
)
def test_random_options_that_do_not_parse(options: str) -> None:
    with pytest.raises(UsageError):
        load_data(f"random:{options}")


@pytest.mark.parametrize("options", ["n=1000000,d=1000000", "n=1000000000000,d=1", "n=60000,d=784000"])
def test_random_too_large_is_refused_before_it_starts(options: str) -> None:
    with pytest.raises(BudgetExceeded, match=r"bytes"):
        load_data(f"random:{options}")


def test_every_example_of_the_help_loads() -> None:
    examples = [line.split()[0] for line in describe_spec_help().splitlines()]
    assert {"digits:even-odd", "digits:3-8", "breast-cancer", "karate", "file.csv", "file.npz"} <= set(examples)
    assert {example.partition(":")[0] for example in examples} == {
        "digits", "breast-cancer", "wine", "iris", "karate", "random", "hard", "file.csv", "file.npz",
    }  # fmt: skip
    for example in examples:
        if not example.startswith("file."):
            assert load_data(example).classes == (-1, 1)


def test_shrink_divides_every_coordinate_and_moves_no_label() -> None:
    whole, third = (load_data(f"random:n=20,d=3,levels=6,seed=2,shrink={by}") for by in (1, 3))
    assert whole == load_data("random:n=20,d=3,levels=6,seed=2") and third.labels == whole.labels
    assert [[3 * value for value in point] for point in third.points] == [list(point) for point in whole.points]
    for refused in ("0", "-1", "1/2", "", str(2**20 + 1)):
        with pytest.raises(UsageError, match="shrink"):
            load_data(f"random:shrink={refused}")
