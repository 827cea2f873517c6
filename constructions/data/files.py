"""Labelled points from csv and npz files, every number taken exactly."""

from __future__ import annotations

import csv
import io
import math
import tokenize
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded, InexactInput, MalformedInput, UsageError
from constructions.exact.integer_arrays import integer_array
from constructions.exact.rational import exact_fraction

_LARGEST_MEMBER = 8 * 2**30
_LARGEST_DENOMINATOR_BITS = 2**16
_LARGEST_LABEL = 2**31
_BAD_HEADER = (
    ValueError,
    TypeError,
    LookupError,
    SyntaxError,
    tokenize.TokenError,
    RecursionError,
    MemoryError,
    OverflowError,
)
_BAD_ARCHIVE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)


def read_csv(path: Path) -> LabelledPoints:
    """Return the points of a csv file: a header, then one row a point, the label last.

    Args:
        path: a UTF-8 file whose last column is named ``label``. Coordinates are decimals
            or ``p/q``, taken exactly; labels are integers. Blank lines are skipped.

    Raises:
        UsageError: the file cannot be opened.
        MalformedInput: the header, the number of fields of a row, or the text is damaged.
        InexactInput: a value is empty, NaN, infinite or not a number; the message gives
            the file, the row (the header is row 1) and the column.
    """
    with _opened(path) as raw:
        reader = csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""), strict=True)
        try:
            return _labelled_rows(reader, path)
        except (csv.Error, UnicodeDecodeError) as error:
            raise MalformedInput(f"{path} is not a readable csv file: {error}") from None
        except InexactInput as error:
            raise InexactInput(f"{path}: {error}") from None


def read_npz(path: Path) -> LabelledPoints:
    """Return the points of an npz file with ``points``, ``labels`` and maybe ``scale``.

    Args:
        path: an archive of integer arrays: ``points`` of shape (n, d), ``labels`` of
            shape (n,) and the positive common denominator ``scale``, 1 by default.
            Pickled objects are never read.

    Raises:
        UsageError: the file cannot be opened.
        MalformedInput: the archive or an array is damaged, forged or of a wrong shape.
        InexactInput: an array holds floats.
    """
    with _opened(path) as raw:
        try:
            with zipfile.ZipFile(raw) as archive:
                arrays = {info.filename[:-4]: _member(archive, info) for info in _members(archive)}
        except (MalformedInput, InexactInput) as error:
            raise type(error)(f"{path}: {error}") from None
        except _BAD_ARCHIVE as error:
            raise MalformedInput(f"{path} is not a readable npz file: {error}") from None
        except MemoryError:
            raise BudgetExceeded(f"{path}: its arrays do not fit the memory of this machine") from None
    try:
        return _from_arrays(**arrays)
    except MalformedInput as error:
        raise MalformedInput(f"{path}: {error}") from None


class ExactColumns:
    """Numbers read from text, row by row; equal texts are parsed once.

    Args:
        names: the name of each column, for messages.
    """

    __slots__ = ("_codes", "_names", "_seen", "_values")

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._seen: dict[str, int] = {}
        self._values: list[Fraction] = []
        self._codes = array("q")

    def add(self, texts: Iterable[str], row: int) -> None:
        """Append one row.

        Raises:
            InexactInput: a text is not an exact number; the message gives row and column.
        """
        for place, text in enumerate(texts):
            code = self._seen.get(text)
            if code is None:
                value = exact_fraction(text, f"row {row}, column {self._names[place]!r}:")
                code = self._seen[text] = len(self._values)
                self._values.append(value)
            self._codes.append(code)

    def over_common_denominator(self) -> tuple[np.ndarray, int]:
        """Return the rows as integers, shape (rows, columns), over one positive denominator.

        Raises:
            MalformedInput: the common denominator is absurdly long.
        """
        scale = 1
        for value in self._values:
            scale = math.lcm(scale, value.denominator)
            if scale.bit_length() > _LARGEST_DENOMINATOR_BITS:
                raise MalformedInput(
                    f"the common denominator of the numbers has more than {_LARGEST_DENOMINATOR_BITS} bits"
                )
        numerators = integer_array([value.numerator * (scale // value.denominator) for value in self._values])
        codes = np.frombuffer(self._codes, dtype=np.int64)
        return numerators[codes].reshape(-1, len(self._names)), scale


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot open {path}: {getattr(error, 'strerror', None) or error}") from None


def _labelled_rows(reader: Any, path: Path) -> LabelledPoints:
    names = [name.strip() for name in next(reader, [])]
    if len(names) < 2 or names[-1] != "label":
        shown = ", ".join(names[:8]) or "nothing"
        raise MalformedInput(
            f"{path}: the first row must name the columns, at least two, the last of them label; found {shown}"
        )
    columns, labels = ExactColumns(names[:-1]), array("q")
    for fields in reader:
        if not fields:
            continue
        if len(fields) != len(names):
            raise MalformedInput(f"{path}: row {reader.line_num} has {len(fields)} fields, the header has {len(names)}")
        labels.append(_label(fields.pop(), reader.line_num))
        columns.add(fields, reader.line_num)
    if not labels:
        raise MalformedInput(f"{path} has a header and no rows")
    numerators, scale = columns.over_common_denominator()
    return LabelledPoints.of(numerators, np.frombuffer(labels, dtype=np.int64), scale=scale)


def _label(text: str, row: int) -> int:
    value = exact_fraction(text, f"row {row}, column 'label':")
    if value.denominator != 1 or abs(value) >= _LARGEST_LABEL:
        raise InexactInput(f"row {row}, column 'label': {text[:40]!r} is not a label such as -1, 0, 1 or 2")
    return int(value)


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    found = archive.infolist()
    names = sorted(info.filename for info in found)
    if names not in (["labels.npy", "points.npy"], ["labels.npy", "points.npy", "scale.npy"]):
        shown = ", ".join(names[:8]) or "nothing"
        raise MalformedInput(f"expected the arrays points, labels and maybe scale, found {shown}")
    # numpy writes none; a damaged length would let one hide the entry that follows it.
    if any(info.comment for info in found):
        raise MalformedInput("an array has a comment")
    return found


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    name = info.filename[:-4]
    if info.file_size > _LARGEST_MEMBER:
        raise MalformedInput(f"{name} declares {info.file_size} bytes; at most {_LARGEST_MEMBER} are read")
    with archive.open(info) as stream:
        shape, by_columns, kind = _header(stream, name)
        _check_kind(kind, name)
        if any(type(size) is not int or size < 1 for size in shape) or len(shape) > 2:
            raise MalformedInput(f"{name} has shape {shape}")
        declared, present = math.prod(shape) * kind.itemsize, info.file_size - stream.tell()
        if declared != present:
            raise MalformedInput(f"{name} declares shape {shape}, {declared} bytes, and holds {present} bytes")
        content = stream.read()
    return np.frombuffer(content, dtype=kind).reshape(shape, order="F" if by_columns else "C")


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        return readers[np.lib.format.read_magic(stream)](stream)
    except _BAD_HEADER as error:
        raise MalformedInput(f"{name} has a damaged header: {str(error)[:80]}") from None


def _check_kind(kind: np.dtype, name: str) -> None:
    if kind.kind in "fc":
        raise InexactInput(
            f"{name} holds {kind} numbers, which are not exact; write integers and their common denominator: "
            "np.savez(path, points=integers, labels=labels, scale=denominator)"
        )
    if kind.kind not in "iu":
        raise MalformedInput(f"{name} must hold integers, got {kind}")


def _from_arrays(points: np.ndarray, labels: np.ndarray, scale: np.ndarray | None = None) -> LabelledPoints:
    if points.ndim != 2:
        raise MalformedInput(f"points must have shape (n, d), got {points.shape}")
    if labels.shape != points.shape[:1]:
        raise MalformedInput(f"{len(points)} points need labels of shape ({len(points)},), got {labels.shape}")
    if max(abs(int(labels.min())), abs(int(labels.max()))) >= _LARGEST_LABEL:
        raise MalformedInput(f"labels lie between {labels.min()} and {labels.max()}, beyond 2^31")
    denominator = 1
    if scale is not None:
        if scale.size != 1 or int(scale.ravel()[0]) < 1:
            raise MalformedInput(f"scale must be one positive integer, got {scale.ravel()[:4].tolist()}")
        denominator = int(scale.ravel()[0])
    return LabelledPoints.of(points, labels, scale=denominator)
