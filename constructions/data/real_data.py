"""Small real data sets that ship inside installed packages, read exactly from their text."""

from __future__ import annotations

import gzip
import importlib.resources
import importlib.util
import math
from collections.abc import Collection

import numpy as np

from constructions.data.files import ExactColumns
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import MalformedInput, UsageError

_DIGIT_SCALE = 16


def digits(options: str | None) -> LabelledPoints:
    """Return two groups of the 1,797 handwritten digits, pixels over 16.

    Args:
        options: ``A-B`` as in ``choose_classes``, such as ``even-odd`` or ``3-8``.
    """
    positive, negative = choose_classes("digits", options, range(10))
    rows = [line.split(",") for line in _text("digits.csv.gz").splitlines()]
    pixels, target = _split_target("digits.csv.gz", rows)
    return _two_classes(pixels, _DIGIT_SCALE, target, positive, negative)


def wine(options: str | None) -> LabelledPoints:
    """Return two groups of the three wines, 13 features scaled to [0, 1]."""
    return _scaled_table("wine", "wine_data.csv", options)


def iris(options: str | None) -> LabelledPoints:
    """Return two groups of the three irises, 4 features scaled to [0, 1]."""
    return _scaled_table("iris", "iris.csv", options)


def breast_cancer(options: str | None) -> LabelledPoints:
    """Return the tumours, 30 features scaled to [0, 1]: malignant (class 0) +1, benign -1."""
    return _scaled_table("breast-cancer", "breast_cancer.csv", "0-1" if options is None else options)


def karate(options: str | None) -> LabelledPoints:
    """Return the rows of the karate club's 0/1 adjacency matrix, +1 for the club of Mr. Hi."""
    if options is not None:
        raise UsageError(f"karate takes no options, got {options!r}")
    import networkx as nx

    graph = nx.karate_club_graph()
    members = sorted(graph)
    adjacency = np.array([[int(graph.has_edge(a, b)) for b in members] for a in members], dtype=np.uint8)
    return LabelledPoints.of(adjacency, [1 if graph.nodes[member]["club"] == "Mr. Hi" else -1 for member in members])


def choose_classes(source: str, options: str | None, classes: Collection[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Return the classes that ``A-B`` labels +1 and those that it labels -1.

    Args:
        source: the data set, for messages.
        options: ``A-B``; each side is a class, several as in ``01234``, ``even``,
            ``odd``, or ``rest`` for all classes that the other side does not name.
        classes: the one-digit classes of the data set.

    Raises:
        UsageError: the text does not parse, a side is empty, or the sides overlap.
    """
    first, dash, second = (options or "").partition("-")
    if not dash or "rest" == first == second:
        example = "even-odd, 3-8 or 0-rest" if len(classes) > 3 else "0-1 or 0-rest"
        raise UsageError(
            f"{source} needs two groups of classes, such as {source}:{example}, got {options or 'nothing'}"
        )
    whole = frozenset(classes)
    sides = [frozenset[int]() if part == "rest" else _group(source, part, whole) for part in (first, second)]
    if overlap := sorted(sides[0] & sides[1]):
        raise UsageError(f"{source}:{options} puts class {overlap[0]} on both sides")
    positive, negative = (
        whole - sides[1 - side] if part == "rest" else sides[side] for side, part in enumerate((first, second))
    )
    if not positive or not negative:
        raise UsageError(f"{source}:{options} leaves no class for rest")
    return positive, negative


def _group(source: str, text: str, classes: frozenset[int]) -> frozenset[int]:
    if text in ("even", "odd"):
        return frozenset(number for number in classes if number % 2 == (text == "odd"))
    named = [int(mark) for mark in text if mark in "0123456789"]
    if not named or len(named) != len(text) or len(set(named)) != len(named) or not classes.issuperset(named):
        shown = "".join(map(str, sorted(classes)))
        raise UsageError(f"{source} has no classes {text[:40]!r}; write different ones of {shown}, even, odd or rest")
    return frozenset(named)


def _scaled_table(source: str, file_name: str, options: str | None) -> LabelledPoints:
    """Scale every feature to [0, 1] over the whole data set, then choose the classes."""
    header, *rows = [line.split(",") for line in _text(file_name).splitlines()]
    features, target = _split_target(file_name, rows)
    if [str(size) for size in features.shape] != header[:2]:
        raise MalformedInput(f"{file_name} announces {header[:2]} rows and features, found {features.shape}")
    positive, negative = choose_classes(source, options, range(len(header) - 2))
    shifted = features.astype(object) - features.min(axis=0)
    spans = [int(span) or 1 for span in shifted.max(axis=0)]
    scale = math.lcm(*spans)
    return _two_classes(shifted * [scale // span for span in spans], scale, target, positive, negative)


def _split_target(file_name: str, rows: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the features as integers over a denominator that does not matter, and the classes."""
    names = [*(f"feature {place}" for place in range(len(rows[0]) - 1)), "class"]
    columns = ExactColumns(names)
    for index, row in enumerate(rows):
        if len(row) != len(names):
            raise MalformedInput(f"{file_name} is damaged: row {index} has {len(row)} fields, not {len(names)}")
        columns.add(row, index)
    numerators, scale = columns.over_common_denominator()
    return numerators[:, :-1], numerators[:, -1] // scale


def _two_classes(
    numerators: np.ndarray, scale: int, target: np.ndarray, positive: frozenset[int], negative: frozenset[int]
) -> LabelledPoints:
    chosen = np.flatnonzero(np.isin(target, sorted(positive | negative)))
    labels = np.where(np.isin(target[chosen], sorted(positive)), 1, -1)
    return LabelledPoints.of(numerators[chosen], labels, scale=scale)


def _text(file_name: str) -> str:
    """Return a data file of scikit-learn, found without importing scikit-learn."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None:
        raise UsageError("this data set ships with scikit-learn; install it: pip install robustproofs[data]")
    place = importlib.resources.files(importlib.util.module_from_spec(spec)) / "datasets" / "data" / file_name
    try:
        content = place.read_bytes()
    except OSError:
        raise UsageError(f"the installed scikit-learn has no {file_name}: pip install robustproofs[data]") from None
    return (gzip.decompress(content) if file_name.endswith(".gz") else content).decode("ascii")
