"""Sets as lossless JSON: every coordinate is an integer or a text such as "3/32"."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.errors import AssumptionViolated, MalformedInput, UsageError
from constructions.network.network_json import read_json
from constructions.sets.box_union import BoxUnion
from constructions.sets.brackets import Point
from constructions.sets.covered_cloud import CoveredCloud
from constructions.sets.distance_bounds import AnySet
from constructions.sets.finite_set import FiniteSet
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.point_set import PointSet
from constructions.sets.polytope import Polytope
from constructions.sets.set_union import SetUnion

SCHEMA = "robustproofs/sets/1"


def sets_document(sets: LabelledSets) -> dict[str, Any]:
    """Return two labelled sets as a JSON document."""
    return {
        "schema": SCHEMA,
        "positive": set_document(sets.positive),
        "negative": set_document(sets.negative),
    }


def sets_text(sets: LabelledSets) -> str:
    """Return the canonical text: one spelling for equal sets."""
    return json.dumps(sets_document(sets), separators=(",", ":"), sort_keys=True)


def set_document(given: AnySet) -> dict[str, Any]:
    """Return one set as a JSON document.

    Raises:
        UsageError: the set is of a kind without a file format.
    """
    if isinstance(given, FiniteSet):
        return {"kind": "points", "points": _rows(given.points)}
    if isinstance(given, BoxUnion):
        return {"kind": "boxes", "boxes": [_rows((box.lower, box.upper)) for box in given.boxes]}
    if isinstance(given, Polytope):
        if given.vertices:
            return {"kind": "polytope", "vertices": _rows(given.vertices)}
        return {"kind": "polytope", "rows": _rows(given.rows), "right": _numbers(given.right)}
    if isinstance(given, SetUnion):
        return {"kind": "union", "parts": [set_document(part) for part in given.parts]}
    if isinstance(given, CoveredCloud):
        known = {"points": _rows(given.cloud.points), "cover_radius": str(given.cover_radius)}
        return {"kind": "cloud", **known, "norm": given.norm, "internal": given.internal}
    raise UsageError(f"a {type(given).__name__} has no file format")


def read_sets(path: str | Path) -> LabelledSets:
    """Read a file of two labelled sets.

    Raises:
        MalformedInput: it is not a sets document of schema 1.
        UsageError: there is no such file.
    """
    return sets_from_document(read_json(path))


def sets_from_document(document: Any) -> LabelledSets:
    """Read a document of two labelled sets.

    Raises:
        MalformedInput: it is not a sets document of schema 1.
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise MalformedInput(f"not a {SCHEMA} document")
    if set(document) != {"schema", "positive", "negative"}:
        raise MalformedInput("a sets document has exactly schema, positive and negative")
    try:
        return LabelledSets(_set(document["positive"]), _set(document["negative"]))
    except MalformedInput:
        raise
    except RecursionError:
        raise MalformedInput("malformed sets: unions nested too deeply") from None
    except (KeyError, TypeError, ValueError, OverflowError, AssumptionViolated) as error:
        raise MalformedInput(f"malformed sets: {error}") from None


def _set(entry: Any) -> AnySet:
    if not isinstance(entry, dict):
        raise MalformedInput("a set is an object with a kind")
    if entry.get("kind") == "cloud":
        _check_keys(entry, "points", "cover_radius", "norm", "internal")
        if type(entry["internal"]) is not bool or not isinstance(entry["norm"], str):
            raise MalformedInput("a cloud says its norm as text and internal as true or false")
        _read_row([entry["cover_radius"]])
        return CoveredCloud(
            FiniteSet.of(_read_rows(entry["points"])), entry["cover_radius"], entry["norm"], entry["internal"]
        )
    return _exact_set(entry)


def _exact_set(entry: Any) -> PointSet:
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or kind not in _READERS:
        raise MalformedInput(f"unknown kind of set {str(kind)[:40]!r}; choose {', '.join(_READERS)} or cloud")
    return _READERS[kind](entry)


def _polytope(entry: dict[str, Any]) -> Polytope:
    if "vertices" in entry:
        _check_keys(entry, "vertices")
        return Polytope.of_vertices(_read_rows(entry["vertices"]))
    _check_keys(entry, "rows", "right")
    return Polytope.of_halfspaces(_read_rows(entry["rows"]), _read_row(entry["right"]))


def _points(entry: dict[str, Any]) -> FiniteSet:
    _check_keys(entry, "points")
    return FiniteSet.of(_read_rows(entry["points"]))


def _boxes(entry: dict[str, Any]) -> BoxUnion:
    _check_keys(entry, "boxes")
    boxes = [_read_rows(box) for box in _read_list(entry["boxes"])]
    if any(len(box) != 2 for box in boxes):
        raise MalformedInput("a box is a list of its lower and its upper corner")
    return BoxUnion.of(boxes)


def _union(entry: dict[str, Any]) -> SetUnion:
    _check_keys(entry, "parts")
    return SetUnion(_exact_set(part) for part in _read_list(entry["parts"]))


_READERS: dict[Any, Callable[[dict[str, Any]], PointSet]] = {
    "points": _points,
    "boxes": _boxes,
    "polytope": _polytope,
    "union": _union,
}


def _check_keys(entry: dict[str, Any], *names: str) -> None:
    if set(entry) != {"kind", *names}:
        raise MalformedInput(f"a set of kind {entry['kind']} has exactly {', '.join(names)}, got {sorted(entry)}")


def _read_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise MalformedInput(f"{str(value)[:40]!r} is not a list")
    return value


def _read_rows(value: Any) -> list[list[int | str]]:
    return [_read_row(row) for row in _read_list(value)]


def _read_row(value: Any) -> list[int | str]:
    for number in _read_list(value):
        if type(number) not in (int, str):
            raise MalformedInput(f'{str(number)[:40]} is not exact; write an integer, or a text such as "3/32"')
    return value


def _rows(rows: tuple[Point, ...]) -> list[list[int | str]]:
    return [_numbers(row) for row in rows]


def _numbers(values: Point) -> list[int | str]:
    return [_number(value) for value in values]


def _number(value: Fraction) -> int | str:
    return int(value) if value.denominator == 1 and abs(value) < 2**53 else str(value)
