"""No forged certificate is believed: every leaf changed in turn, hashes mended, hostile files.

The judge of a forgery shares no arithmetic with the checker: it reads the statement,
the network and the points itself and decides the claim by enumerating affine pieces.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import verify
from constructions import (
    AffineMap,
    LabelledPoints,
    NormBall,
    ReluNetwork,
    memorize_by_the_papers_route,
    memorize_with_box_bumps,
    memorize_with_l1_bumps,
)
from verify.certificate import checker
from verify.testing.exhaustive import smallest_margin

Document = dict[str, Any]
Place = tuple[Any, ...]


def _three_points() -> LabelledPoints:
    return LabelledPoints.of([["0", "0"], ["1", "1/2"], ["1/4", "-1"]], [1, -1, -1])


def _on_a_line() -> LabelledPoints:
    return LabelledPoints.of([["0"], ["1"], ["5/2"]], [-1, 1, -1])


def _tent() -> ReluNetwork:
    return ReluNetwork([AffineMap([[1], [-1]], [-1, 1]), AffineMap([[-1, -1]], ["1/2"])])


def _ramps() -> ReluNetwork:
    return ReluNetwork(
        [AffineMap([[1], [-1], [0]], ["-1/2", "-1/2", "1/4"]), AffineMap([[1, 0, 0], [0, 2, 0], [0, 0, 1]], [0] * 3)]
    )


def _instances() -> dict[str, tuple[ReluNetwork, LabelledPoints, dict[str, Any], bool]]:
    """Name -> network, data, what to ask, with hints or without."""
    plane, line = _three_points(), _on_a_line()
    three = LabelledPoints.of([["2"], ["-2"], ["0"], ["1/4"]], [0, 1, 2, 1])
    box, cones = memorize_with_box_bumps(plane, "1/4"), memorize_with_l1_bumps(plane, "1/2")
    boundary = {"domain": (["-1/8", "-1/8"], [1, 1])}
    return {
        "hints": (box, plane, {"radius": "1/4"}, True),
        "no hints": (box, plane, {"radius": "1/4"}, False),
        "paired": (memorize_by_the_papers_route(line, "1/4"), line, {"radius": "1/4", "method": "paired"}, True),
        "l1": (cones, plane, {"radius": "1/2", "norm": "l1"}, True),
        "l2 on a line": (memorize_with_l1_bumps(line, "1/4"), line, {"radius": "1/4", "norm": "l2"}, True),
        "witnesses": (box, plane, {"radius": "1/2"}, True),
        "domain": (box, plane, {"radius": "1/4", **boundary}, True),
        "several outputs": (_ramps(), three, {"radius": "1/4"}, True),
        "one map": (ReluNetwork([AffineMap([["2/3"]], ["-1/2"])]), line.subset([0, 1]), {"radius": "1/8"}, True),
        "two maps": (_tent(), line, {"radius": "1/4"}, True),
    }


NAMES = tuple(_instances())


def _issue(name: str, folder: Path) -> Document:
    network, data, asked, hints = _instances()[name]
    result = verify.robust_error(network, data, **asked)
    assert result.count("unknown") == 0, (name, result.status)
    return json.loads(result.certificate(folder / "certificate.json", hints).read_text())


# The judge -----------------------------------------------------------------------------


def _network_hash(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, separators=(",", ":"), sort_keys=True).encode()).hexdigest()


def _data_hash(count: int, dim: int, data: Document) -> str:
    return checker.Data(data, Path(), count, dim).digest()


def _integer(value: Any) -> int:
    assert type(value) in (int, str)
    return value if type(value) is int else int(value, 16)


def _read_network(document: Document) -> ReluNetwork:
    maps = []
    for entry in document["maps"]:
        rows, columns = map(_integer, entry["shape"])
        matrix = [[Fraction(0)] * columns for _ in range(rows)]
        scale = _integer(entry["denominator"])
        for i in range(rows):
            for e in range(entry["row_starts"][i], entry["row_starts"][i + 1]):
                matrix[i][entry["columns"][e]] = Fraction(_integer(entry["values"][e]), scale)
        maps.append(AffineMap(matrix, [Fraction(_integer(value), scale) for value in entry["bias"]]))
    return ReluNetwork(maps)


def is_true(document: Document) -> bool:
    """Decide the statement of a certificate, evidence included, from network and data."""
    try:
        return _is_true(document)
    except (
        AssertionError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
        ZeroDivisionError,
        checker.Rejected,
    ):
        return False


def _is_true(document: Document) -> bool:
    said, data = document["statement"], document["data"]
    network, points = _read_network(document["network"]), [[_integer(v) for v in row] for row in data["points"]]
    labels, scale = [_integer(v) for v in data["labels"]], _integer(data["scale"])
    if (said["points"], said["dim"]) != (len(points), network.dim) or len(labels) != len(points):
        return False
    if said["network"] != _network_hash(document["network"]) or said["data"] != _data_hash(
        len(points), network.dim, data
    ):
        return False
    if said["kind"] != "robust-error" or said["nonzero"] != network.size.nonzero:
        return False
    if not all(label in ((-1, 1) if network.outputs == 1 else range(network.outputs)) for label in labels):
        return False
    norm = "linf" if said["norm"] == "l2" else said["norm"]  # on a line the same, else a larger ball
    domain = None if said["domain"] is None else (said["domain"]["lower"], said["domain"]["upper"])
    ball = NormBall(norm, Fraction(said["radius"]))
    found = [
        smallest_margin(network, label, [Fraction(v, scale) for v in row], ball, domain)
        for label, row in zip(labels, points, strict=True)
    ]
    error = Fraction(sum(1 for one in found if one is not None and one.margin <= 0), len(points))
    robust = [found[index] for group in document["robust"] for index in group["indices"]]
    margins = [one.margin for one in robust if one is not None]
    if said["norm"] == "l2" and network.dim > 1 and error > 0:
        return False
    return (
        Fraction(said["lower"]) <= error <= Fraction(said["upper"])
        and all(margin > 0 for margin in margins)
        and (not margins) == (said["margin"] is None)
        and all(Fraction(said["margin"]) <= margin for margin in margins)
        and all(found[entry["index"]].margin <= 0 for entry in document["violated"])  # type: ignore[union-attr]
    )


def _verdict(document: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> int:
    """Run the checker on a document; require one line and no other end than 0 or 5."""
    path = folder / "forged.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return _verdict_on_file(path, capsys)


def _verdict_on_file(path: Path, capsys: pytest.CaptureFixture[str]) -> int:
    code = checker.main([str(path)])
    shown = capsys.readouterr()
    assert shown.err == "" and shown.out.count("\n") == 1 and shown.out.endswith("\n"), shown
    assert code in (0, 5) and ("rejected: " in shown.out) == (code == 5), shown
    return code


# The mutations -------------------------------------------------------------------------


def _places(document: Any, at: Place = ()) -> Iterator[Place]:
    """Yield the place of every value in a JSON tree, the root last."""
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        yield from _places(value, (*at, key))
    yield at


def _at(document: Any, place: Place) -> Any:
    for key in place:
        document = document[key]
    return document


def _with(document: Document, place: Place, value: Any) -> Document:
    changed = copy.deepcopy(document)
    if place:
        _at(changed, place[:-1])[place[-1]] = value
        return changed
    return value


def _other_values(value: Any) -> list[Any]:
    """Return values of the same and of other types, all different from ``value``."""
    if isinstance(value, dict):
        fewer = [{k: v for k, v in value.items() if k != key} for key in value]
        return [*fewer, {**value, "extra": 0}, [], None, list(value)]
    if isinstance(value, list):
        shorter = [value[:-1], value[1:], []] if value else [[0]]
        return [*shorter, [*value, *value[-1:]], value[:1] + value, value[::-1], None, {}, {"0": value}]
    if isinstance(value, bool) or value is None:
        return [0, "", "0", [], {}]
    if isinstance(value, int):
        return [value + 1, value - 1, -value, 2 * value, 0, 2**64, hex(2**64), str(value), None, [value], "0x", "-"]
    return [*_other_texts(value), "", None, 0, [value], value + " ", "\x00", value + "\n", value * 2]


def _other_texts(value: str) -> list[Any]:
    if value in ("linf", "l1", "l2"):
        return ["linf", "l1", "l2", "l0"]
    if value in ("interval", "paired"):
        return ["interval", "paired", "attack"]
    try:
        number = Fraction(value)
    except ValueError:
        flipped = ("A" if value[:1] != "A" else "B") + value[1:]
        return [flipped, value[:-1], value[1:], value[::-1], value.upper()]
    near = [number + Fraction(1, 2**40), number - Fraction(1, 2**40), 2 * number, number / 2, -number, number + 1]
    return [*map(str, near), "0", "1/0", "3/6", "+1", "1e3", "0.5", "nan", "1" * 5000, value + "/1"]


def _mutations(document: Document) -> Iterator[Document]:
    for place in _places(document):
        original = _at(document, place)
        for value in _other_values(original):
            if value != original or type(value) is not type(original):
                yield _with(document, place, value)


def _hashes_mended(document: Document) -> Document:
    """Return the document with the hashes, counts and margin that fit its network, data and evidence."""
    mended = copy.deepcopy(document)
    said, data, network = mended["statement"], mended["data"], mended["network"]
    said["network"] = _network_hash(network)
    said["points"], said["dim"] = len(data["points"]), len(data["points"][0])
    said["data"] = _data_hash(said["points"], said["dim"], data)
    said["nonzero"] = sum(
        1 for entry in network["maps"] for name in ("values", "bias") for v in entry[name] if _integer(v)
    )
    robust = sum(len(group["indices"]) for group in mended["robust"])
    said["lower"] = str(Fraction(len(mended["violated"]), said["points"]))
    said["upper"] = str(1 - Fraction(robust, said["points"]))
    return mended


def _margin_mended(document: Document, folder: Path) -> Document:
    """Return the document with whatever margin the checker's own arithmetic yields."""
    path = folder / "mended.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    certificate = checker.Certificate(path)
    proved = [checker.prove_group(certificate, group) for group in certificate.groups]
    margins = [margin for margin in proved if margin is not None]
    return _with(document, ("statement", "margin"), str(min(margins)) if margins else None)


# The tests -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_valid_certificates_are_accepted_and_true(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = _issue(name, tmp_path)
    assert _verdict(document, tmp_path, capsys) == 0
    assert is_true(document)


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_changed_in_turn_is_rejected_unless_the_claim_stays_true(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = _issue(name, tmp_path)
    rejected = harmless = 0
    believed = []
    for forged in _mutations(document):
        if _verdict(forged, tmp_path, capsys) == 5:
            rejected += 1
        elif is_true(forged):
            harmless += 1
        else:
            believed.append(forged)
    score = f"{rejected} of {rejected + len(believed)} changes of meaning are rejected"
    assert not believed, f"{score}; believed: {json.dumps(believed[0])}"
    assert rejected >= 300 and harmless <= rejected / 10, (rejected, harmless)


@pytest.mark.parametrize("name", NAMES)
def test_forgeries_with_mended_hashes_are_believed_only_if_true(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = _issue(name, tmp_path)
    stream = random.Random(name)
    seen = {0: 0, 5: 0}
    for part in ("network", "data", "robust", "violated"):
        changes = [
            change for place in _places(document[part]) for value in _other_values(_at(document[part], place))
            if (change := _with(document, (part, *place), value)) != document
        ]  # fmt: skip
        for forged in stream.sample(changes, min(len(changes), 150)):
            forged = _best_forgery(forged, tmp_path)
            code = _verdict(forged, tmp_path, capsys)
            assert code == 5 or is_true(forged), json.dumps(forged)
            seen[code] += 1
    assert seen[5] >= 100 and seen[0] >= 1, seen


def _best_forgery(forged: Document, folder: Path) -> Document:
    """Mend whatever can be mended; a document too damaged for that stays as it is."""
    try:
        mended = _hashes_mended(forged)
    except (
        AssertionError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
        ZeroDivisionError,
        checker.Rejected,
    ):
        return forged
    try:
        return _margin_mended(mended, folder)
    except (checker.Rejected, AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError):
        return mended


@pytest.mark.parametrize("name", NAMES)
def test_many_changes_at_once_with_mended_hashes_are_believed_only_if_true(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document, stream = _issue(name, tmp_path), random.Random(f"{name} many")
    believed = 0
    for _ in range(150):
        forged = copy.deepcopy(document)
        for _ in range(stream.randint(1, 3)):
            _change_a_number(forged, stream)
        if stream.random() < 0.5:
            for group in forged["robust"]:
                group["rule"], group["hints"] = stream.choice(("interval", "paired")), None
        forged = _best_forgery(forged, tmp_path)
        if _verdict(forged, tmp_path, capsys) == 0:
            assert is_true(forged), json.dumps(forged)
            believed += 1
    assert believed >= 1


def _change_a_number(document: Document, stream: random.Random) -> None:
    entry = stream.choice(document["network"]["maps"])
    rows = [entry["values"], entry["bias"], stream.choice(document["data"]["points"])]
    row = stream.choice([row for row in rows if row])
    place = stream.randrange(len(row))
    row[place] = stream.choice(
        (0, 0, -row[place], row[place] + 1, row[place] - 1, 2 * row[place], stream.randint(-9, 9))
    )
