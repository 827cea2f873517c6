"""npz files: integers of every kind, and every damaged or forged archive refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.data.sources import load_data
from constructions.errors import BudgetExceeded, InexactInput, MalformedInput

POINTS = np.array([[0, 3], [5, 7], [-2, 1]])
LABELS = np.array([1, -1, 1])


def npz_file(tmp_path: Path, **arrays: Any) -> str:
    np.savez(tmp_path / "points.npz", **arrays)
    return str(tmp_path / "points.npz")


def forged(tmp_path: Path, **members: bytes) -> str:
    path = tmp_path / "points.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return str(path)


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def npy_header(text: str, body: bytes = b"") -> bytes:
    padded = text.encode() + b" " * (117 - len(text)) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + body


@pytest.mark.parametrize("kind", ["i1", "<i2", ">i2", "<i4", ">i8", "<i8"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_integers_of_every_kind(tmp_path: Path, kind: str, order: Any, save: Any) -> None:
    path = tmp_path / "points.npz"
    save(path, points=np.array(POINTS, dtype=kind, order=order), labels=LABELS.astype(kind), scale=np.array(4, kind))
    expected = LabelledPoints.of([[0, "3/4"], ["5/4", "7/4"], ["-1/2", "1/4"]], [1, -1, 1])
    assert load_data(str(path)) == expected


def test_npz_scale_is_one_by_default_and_unsigned_works(tmp_path: Path) -> None:
    points = np.array([[0, 2**64 - 1]], dtype=np.uint64)
    data = load_data(npz_file(tmp_path, points=points, labels=np.array([1], dtype=np.uint8)))
    assert data.points == ((0, 2**64 - 1),)
    assert load_data(npz_file(tmp_path, points=POINTS, labels=LABELS, scale=np.array([7]))).scale == 7


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"points": POINTS / 2}, InexactInput, r"points holds float64.*points=integers.*scale=denominator"),
        ({"points": POINTS * 1j}, InexactInput, "points holds complex128"),
        ({"labels": LABELS / 1}, InexactInput, "labels holds float64"),
        ({"scale": 1.5}, InexactInput, "scale holds float64"),
        ({"points": POINTS > 1}, MalformedInput, "must hold integers"),
        ({"points": POINTS.astype(str)}, MalformedInput, "must hold integers"),
        ({"points": POINTS[0]}, MalformedInput, r"shape \(n, d\)"),
        ({"points": POINTS[:, :, None]}, MalformedInput, "shape"),
        ({"points": POINTS[:0], "labels": LABELS[:0]}, MalformedInput, "shape"),
        ({"points": POINTS[:, :0]}, MalformedInput, "shape"),
        ({"labels": LABELS[:2]}, MalformedInput, "3 points need labels"),
        ({"labels": LABELS[:, None]}, MalformedInput, "3 points need labels"),
        ({"labels": LABELS * 2**40}, MalformedInput, "labels lie between"),
        ({"labels": np.array([2**63, 0, 1], np.uint64)}, MalformedInput, "labels lie between"),
        ({"scale": 0}, MalformedInput, "positive integer"),
        ({"scale": -3}, MalformedInput, "positive integer"),
        ({"scale": np.array([2, 3])}, MalformedInput, "positive integer"),
        ({"Scale": 3}, MalformedInput, "Scale.npy"),
        ({"points": np.array([["a", 1]], dtype=object)}, MalformedInput, "must hold integers"),
    ],
)
def test_npz_of_a_wrong_kind(tmp_path: Path, changed: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load_data(npz_file(tmp_path, **({"points": POINTS, "labels": LABELS} | changed)))


def test_npz_with_a_missing_array(tmp_path: Path) -> None:
    with pytest.raises(MalformedInput, match=r"found points\.npy"):
        load_data(npz_file(tmp_path, points=POINTS))


def test_npz_with_the_same_array_twice(tmp_path: Path) -> None:
    spec = forged(tmp_path, points=npy(POINTS), labels=npy(LABELS))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(spec, "a") as archive:
        archive.writestr("points.npy", npy(POINTS + 1))
    with pytest.raises(MalformedInput, match=r"points\.npy, points\.npy"):
        load_data(spec)


def test_no_pickle_is_ever_read(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path(tmp_path / "sprung").touch, ())

    trap = np.empty((1, 1), dtype=object)
    trap[0, 0] = Trap()
    with pytest.raises(MalformedInput):
        load_data(npz_file(tmp_path, points=trap, labels=np.array([1])))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "shape", ["(1099511627776, 8)", "(4, 3)", "(2, 2)", "(-3, -2)", "(True, 6)", "(3, 2", "(" * 100, "(2.0, 3)", "5"]
)
def test_npz_with_a_forged_shape(tmp_path: Path, shape: str) -> None:
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}"
    spec = forged(tmp_path, points=npy_header(header, POINTS.tobytes()), labels=npy(LABELS))
    with pytest.raises(MalformedInput):
        load_data(spec)


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", b"\x93NUMPY\x03\x00", b"\x93NUMPY\x09\x09", b"points", b"\0" * 99]
)
def test_npz_with_a_forged_array(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(MalformedInput):
        load_data(forged(tmp_path, points=content, labels=npy(LABELS)))


def test_npz_array_that_declares_more_than_it_holds(tmp_path: Path) -> None:
    spec = forged(tmp_path, points=npy(POINTS), labels=npy(LABELS))
    content = bytearray(Path(spec).read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (2**32 - 2).to_bytes(4, "little")
    Path(spec).write_bytes(content)
    with pytest.raises(MalformedInput, match=r"48 bytes, and holds 42949\d+ bytes"):
        load_data(spec)


def test_npz_member_above_the_limit_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from constructions.data import files

    spec = npz_file(tmp_path, points=POINTS, labels=LABELS)
    monkeypatch.setattr(files, "_LARGEST_MEMBER", 100)
    with pytest.raises(MalformedInput, match=r"points declares \d+ bytes; at most 100"):
        load_data(spec)


def test_npz_beyond_the_memory_is_a_budget_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from constructions.data import files

    def exhausted(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(files, "_member", exhausted)
    with pytest.raises(BudgetExceeded, match=r"points.*memory"):
        load_data(npz_file(tmp_path, points=POINTS, labels=LABELS))


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip file", b"PK\x05\x06" + b"\0" * 18])
def test_npz_that_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "points.npz"
    path.write_bytes(content)
    with pytest.raises(MalformedInput, match="points"):
        load_data(str(path))


def test_every_truncation_of_an_npz_is_malformed(tmp_path: Path) -> None:
    spec = npz_file(tmp_path, points=POINTS, labels=LABELS, scale=4)
    content = Path(spec).read_bytes()
    for length in range(0, len(content), 3):
        Path(spec).write_bytes(content[:length])
        with pytest.raises(MalformedInput):
            load_data(spec)


def test_every_changed_byte_of_an_npz_is_noticed_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "points.npz"
    np.savez_compressed(path, points=POINTS, labels=LABELS, scale=4)
    content, original = path.read_bytes(), load_data(str(path))
    noticed = 0
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0x41
        path.write_bytes(changed)
        try:
            assert load_data(str(path)) == original
        except MalformedInput:
            noticed += 1
    assert noticed > len(content) // 2


@pytest.mark.filterwarnings("ignore:Reading `.npy`")
def test_every_changed_byte_of_an_array_gives_data_or_a_named_error(tmp_path: Path) -> None:
    content, refused = npy(POINTS), 0
    for place in range(len(content)):
        for flip in (0x01, 0x10, 0x80):
            changed = bytearray(content)
            changed[place] ^= flip
            try:
                data = load_data(forged(tmp_path, points=bytes(changed), labels=npy(LABELS)))
                assert (len(data), data.dim) in ((3, 2), (3, 1), (3, 4))
            except (MalformedInput, InexactInput):
                refused += 1
    assert refused > 50
