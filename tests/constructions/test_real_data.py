"""Real data sets against an independent reading of the same text."""

from __future__ import annotations

import csv
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from importlib import resources

import numpy as np
import pytest

from constructions.data.sources import load_data
from constructions.errors import MalformedInput, UsageError


def raw_table(name: str) -> tuple[list[str], list[list[str]]]:
    rows = list(csv.reader((resources.files("sklearn.datasets.data") / name).read_text().splitlines()))
    return rows[0], rows[1:]


def expected_scaled(name: str) -> list[tuple[tuple[Fraction, ...], int]]:
    _, rows = raw_table(name)
    columns = list(zip(*[[Fraction(Decimal(text)) for text in row] for row in rows], strict=True))
    ends = [(min(column), max(column)) for column in columns]
    scaled = [
        [(v - low) / (high - low) for v in column] for column, (low, high) in zip(columns[:-1], ends, strict=False)
    ]
    return [(point, int(mark)) for point, mark in zip(zip(*scaled, strict=True), columns[-1], strict=True)]


def test_digits_even_odd_are_the_pixels_over_sixteen() -> None:
    from sklearn.datasets import load_digits

    data, bunch = load_data("digits:even-odd"), load_digits()
    assert (len(data), data.dim, data.scale) == (1797, 64, 16)
    assert data.numerators.tolist() == bunch.data.astype(int).tolist()
    assert data.labels == tuple(1 if digit % 2 == 0 else -1 for digit in bunch.target)
    assert data.separation() == Fraction(7, 16)
    closest = data.closest_opposite_pairs()
    assert closest is not None
    assert closest.pairs == ((248, 1774), (532, 1361), (598, 1361))
    assert data.numerators.dtype == np.uint8


@pytest.mark.parametrize("a", range(10))
def test_every_pair_of_digits_keeps_the_named_two_in_order(a: int) -> None:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    for b in range(10):
        if b == a:
            continue
        data = load_data(f"digits:{a}-{b}")
        chosen = [digit for digit in bunch.target if digit in (a, b)]
        assert data.labels == tuple(1 if digit == a else -1 for digit in chosen)
        rows = bunch.data[np.isin(bunch.target, (a, b))]
        assert np.array_equal(data.numerators * (16 // data.scale), rows)


@pytest.mark.parametrize(
    ("spec", "positive", "negative"),
    [
        ("digits:01234-56789", {0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}),
        ("digits:0-rest", {0}, set(range(1, 10))),
        ("digits:rest-0", set(range(1, 10)), {0}),
        ("digits:odd-rest", {1, 3, 5, 7, 9}, {0, 2, 4, 6, 8}),
        ("digits:odd-24", {1, 3, 5, 7, 9}, {2, 4}),
        ("digits:83-17", {3, 8}, {1, 7}),
        ("wine:02-1", {0, 2}, {1}),
        ("wine:1-rest", {1}, {0, 2}),
        ("wine:odd-even", {1}, {0, 2}),
        ("iris:2-0", {2}, {0}),
        ("breast-cancer:1-0", {1}, {0}),
        ("breast-cancer", {0}, {1}),
    ],
)
def test_groups_of_classes(spec: str, positive: set[int], negative: set[int]) -> None:
    from sklearn import datasets

    name = spec.partition(":")[0].replace("-", "_")
    target = getattr(datasets, f"load_{name}")().target
    expected = [1 if mark in positive else -1 for mark in target if mark in positive | negative]
    assert load_data(spec).labels == tuple(expected)


@pytest.mark.parametrize(
    ("spec", "name", "classes"),
    [
        ("wine:0-1", "wine_data.csv", (0, 1)),
        ("wine:2-0", "wine_data.csv", (2, 0)),
        ("iris:1-2", "iris.csv", (1, 2)),
        ("breast-cancer", "breast_cancer.csv", (0, 1)),
    ],
)
def test_tables_are_scaled_exactly_over_the_whole_data_set(spec: str, name: str, classes: tuple[int, int]) -> None:
    data = load_data(spec)
    chosen = [(point, mark) for point, mark in expected_scaled(name) if mark in classes]
    assert data.points == tuple(point for point, _ in chosen)
    assert data.labels == tuple(1 if mark == classes[0] else -1 for _, mark in chosen)


def test_scaling_comes_before_the_choice_of_classes() -> None:
    whole, part = load_data("iris:0-rest"), load_data("iris:1-2")
    assert part.points == whole.points[50:]
    assert max(value for point in whole.points for value in point) == 1
    assert max(point[3] for point in load_data("iris:0-1").points) < 1


def test_malignant_tumours_are_positive() -> None:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    assert bunch.target_names[0] == "malignant"
    assert load_data("breast-cancer").indices(1).tolist() == np.flatnonzero(bunch.target == 0).tolist()


def test_a_constant_feature_becomes_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    from constructions.data import real_data

    text = "3,2,a,b\n0.5,7,0\n1.5,7,1\n2.5,7,1\n"
    monkeypatch.setattr(real_data, "_text", lambda name: text)
    assert load_data("breast-cancer").points == ((0, 0), (Fraction(1, 2), 0), (1, 0))


@pytest.mark.parametrize("text", ["3,2,a,b\n0.5,7,0\n", "1,2,a,b\n0.5,0\n", "2,2,a,b\n0.5,7,0\n0.5,0\n"])
def test_a_damaged_table_is_malformed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    from constructions.data import real_data

    monkeypatch.setattr(real_data, "_text", lambda name: text)
    with pytest.raises(MalformedInput):
        load_data("breast-cancer")


def test_karate_rows_are_the_friendships() -> None:
    import networkx as nx

    data, graph = load_data("karate"), nx.karate_club_graph()
    assert (len(data), data.dim, data.scale) == (34, 34, 1)
    edges = {(i, int(j)) for i in range(34) for j in np.flatnonzero(data.numerators[i])}
    assert edges == {pair for a, b in graph.edges for pair in ((a, b), (b, a))}
    assert set(np.unique(data.numerators)) == {0, 1}
    assert [data.labels[0], data.labels[33]] == [1, -1]
    assert data.labels.count(1) == sum(graph.nodes[node]["club"] == "Mr. Hi" for node in graph)


def test_without_scikit_learn_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    for spec in ("digits:even-odd", "wine:0-1"):
        with pytest.raises(UsageError, match=r"pip install robustproofs\[data\]"):
            load_data(spec)


def test_a_scikit_learn_without_the_file_is_named() -> None:
    from constructions.data.real_data import _text

    with pytest.raises(UsageError, match=r"scikit-learn has no tulips\.csv"):
        _text("tulips.csv")


def test_reading_digits_imports_no_heavy_package() -> None:
    code = (
        "import sys; from constructions.data.sources import load_data; load_data('digits:3-8'); "
        "print([name for name in ('sklearn', 'torch', 'sympy', 'networkx', 'numba') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
