"""csv files: every number exact, every damaged row or value named."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.data.sources import load_data
from constructions.errors import InexactInput, MalformedInput, UsageError


def csv_file(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "points.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_csv_decimals_and_fractions_are_exact(tmp_path: Path) -> None:
    spec = csv_file(tmp_path, "x,y,label\n0.1,1/3,-1\n-2.50,1e-3,+1\n 7 ,.5,1\n")
    data = load_data(spec)
    assert data.points == (
        (Fraction(1, 10), Fraction(1, 3)),
        (Fraction(-5, 2), Fraction(1, 1000)),
        (Fraction(7), Fraction(1, 2)),
    )
    assert data.labels == (-1, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "x,label\n0.5,1\n0.25,-1",
        "\ufeffx,label\r\n0.5,1\r\n0.25,-1\r\n",
        'x, label \n\n"0.5",1\n\n0.25,-1\n\n',
        '"x","label"\n0.5,1.0\n1/4,-2/2\n',
    ],
)
def test_csv_dialects(tmp_path: Path, text: str) -> None:
    assert load_data(csv_file(tmp_path, text)) == LabelledPoints.of([["1/2"], ["1/4"]], [1, -1])


def test_csv_agrees_with_fractions_on_random_numbers(tmp_path: Path) -> None:
    draw = random.Random(5)
    writers = (
        lambda: f"{draw.uniform(-9, 9):.{draw.randint(0, 18)}f}",
        lambda: f"{draw.randint(-99, 99)}/{draw.randint(1, 99)}",
        lambda: f"{draw.randint(-(10**30), 10**30)}",
        lambda: f"{draw.randint(0, 99)}e{draw.randint(-30, 30)}",
    )
    rows = [[draw.choice(writers)() for _ in range(7)] for _ in range(40)]
    text = "a,b,c,d,e,f,g,label\n" + "".join(",".join([*row, "1"]) + "\n" for row in rows)
    data = load_data(csv_file(tmp_path, text))
    assert data.points == tuple(tuple(Fraction(text) for text in row) for row in rows)


def test_csv_with_a_hundred_thousand_values(tmp_path: Path) -> None:
    numerators = np.random.RandomState(0).randint(0, 10**6, size=(2000, 50))
    body = "".join(",".join(f"0.{value:06d}" for value in row) + ",1\n" for row in numerators)
    header = ",".join(f"x{index}" for index in range(50))
    data = load_data(csv_file(tmp_path, f"{header},label\n{body}"))
    assert np.array_equal(data.numerators * (10**6 // data.scale), numerators)


def test_suffix_case_and_path_with_a_colon(tmp_path: Path) -> None:
    path = tmp_path / "digits:3-8.CSV"
    path.write_text("x,label\n1,1\n")
    assert len(load_data(str(path))) == 1


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-inf", "Infinity", "", " ", "abc", "1/0", "0x1", "1,5"])
def test_csv_value_that_is_not_exact_is_named_by_row_and_column(tmp_path: Path, value: str) -> None:
    spec = csv_file(tmp_path, f'x,height,label\n1,2,1\n\n3,"{value}",-1\n')
    with pytest.raises(InexactInput, match=r"csv: row 4, column 'height'"):
        load_data(spec)


@pytest.mark.parametrize("label", ["", "0.5", "nan", "yes", "4294967296", "-2147483648", "1/2"])
def test_csv_label_that_is_no_integer_is_named(tmp_path: Path, label: str) -> None:
    with pytest.raises(InexactInput, match=r"row 3, column 'label'"):
        load_data(csv_file(tmp_path, f"x,label\n1,1\n2,{label}\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found nothing"),
        ("\n", "found nothing"),
        ("label\n1\n", "at least two"),
        ("x,y\n1,2\n", "label"),
        ("label,x\n1,2\n", "label"),
        ("x,Label\n1,2\n", "label"),
        ("x,label\n", "no rows"),
        ("x,label\n1,1\n1\n", "row 3 has 1 fields, the header has 2"),
        ("x,label\n1,1\n1,2,1\n", "row 3 has 3 fields"),
        ('x,label\n"1,1\n', "csv"),
        (b"x,label\n\xff\xfe,1\n", "csv"),
        ("x,label\n" + "1" * 200_000 + ",1\n", "csv"),
        ("x,label\n" + "".join(f"1/{10**3000 + k},1\n" for k in range(1, 40)), "common denominator"),
    ],
)
def test_csv_malformed(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(MalformedInput, match=message):
        load_data(csv_file(tmp_path, text))


@pytest.mark.parametrize("suffix", ["csv", "npz"])
def test_a_folder_is_not_a_file(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"folder.{suffix}").mkdir()
    with pytest.raises(UsageError, match=r"folder"):
        load_data(str(tmp_path / f"folder.{suffix}"))
