"""No forged tree proves anything false: every number and byte changed, under statements that are not true.

The judge reads statement, network and points itself and decides by enumerating affine
pieces. A false statement stays false whatever is done to its trees, so that every
acceptance is a hole; a true one may survive a change.
"""

from __future__ import annotations

import base64
import copy
import json
import random
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import verify
from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from constructions.data.norm_ball import Point
from constructions.network.network_json import network_document
from verify.certificate import checker, compiled_checker
from verify.certificate.checker import Rejected, Stream, TreeProver, read_network
from verify.certificate.trees import Multipliers, Node, Tree, read_tree, tree_text
from verify.testing.exact_distance import nearest_wrong
from verify.testing.exhaustive import smallest_margin

Document = dict[str, Any]
BITS, INNER_BITS = 64, 4
HAIR = Fraction(1, 2**40)
CHECKERS = {"plain": checker.prove_group, "compiled": compiled_checker.prove_group}


def _hills() -> ReluNetwork:
    """Two inputs, two hidden layers, positive around the origin."""
    return ReluNetwork(
        [
            AffineMap([["2/3", 1], [-1, "1/2"], [1, -1]], ["1/5", "1/7", 0]),
            AffineMap([[1, -1, "1/3"], ["-1/2", 1, 1]], ["1/4", "-1/9"]),
            AffineMap([[-1, "-3/4"]], [2]),
        ]
    )


def _two_leads() -> ReluNetwork:
    return ReluNetwork(
        [AffineMap([[1, 1], [1, -1]], [0, "1/3"]), AffineMap([[1, 0], [0, 1], [-1, "1/2"]], ["5/2", "1/8", "1/2"])]
    )


def _instances() -> dict[str, tuple[ReluNetwork, LabelledPoints, str, str, Any]]:
    """Name -> network, points of label 1 (0 where there are several outputs), norm, radius, domain."""
    pair = LabelledPoints.of([["0", "0"], ["1/8", "-1/4"]], [1, 1])
    return {
        "linf": (_hills(), pair, "linf", "1/3", None),
        "l1": (_hills(), pair, "l1", "1/2", None),
        "l2": (_hills(), pair, "l2", "2/5", None),
        "l1 in a box": (_hills(), pair, "l1", "3/4", (["-1/2", "-1/3"], ["1/2", "1/8"])),
        "l2 in a box": (_hills(), pair, "l2", "3/5", (["-1/2", "-1/3"], ["1/2", "1/8"])),
        "several outputs": (_two_leads(), LabelledPoints.of([["0", "0"], ["1/8", "0"]], [0, 0]), "linf", "1/4", None),
    }


NAMES = tuple(_instances())


def _trees(stream: random.Random, units: int, dim: int, outputs: int) -> list[Tree]:
    """Return trees that use everything a tree can: splits of units and inputs, all multipliers."""

    def leaf() -> Node:
        slopes = {unit: stream.randint(0, 255) for unit in range(units) if stream.random() < 0.6}
        betas = {unit: Fraction(stream.randint(1, 40), 64) for unit in range(units) if stream.random() < 0.6}
        return Node(leaf=Multipliers(slopes, betas, Fraction(stream.randint(0, 3), 8)))

    def grown(depth: int) -> Tree:
        if not depth:
            return (leaf() if stream.random() < 0.8 else Node(),)
        unit = units + stream.randrange(dim) if depth == 2 else stream.randrange(units + dim - 1)
        at = Fraction(stream.randint(-3, 3), 2**INNER_BITS) if unit >= units else Fraction(0)
        return (Node(unit, at), *grown(depth - 1), *grown(depth - 1))

    return [grown(2) for _ in range(outputs)]


def _issue(name: str, folder: Path) -> Document:
    """Return a valid certificate with trees drawn until they prove every point."""
    network, data, norm, radius, domain = _instances()[name]
    result = verify.robust_error(network, data, norm=norm, radius=radius, domain=domain)
    assert result.status == ("robust",) * len(data)
    document: Document = json.loads(result.certificate(folder / "certificate.json").read_text())
    document["robust"] = [{"rule": "tree", "label": data.labels[0], "indices": list(range(len(data))), "hints": {}}]
    stream, trees, bounds = random.Random(name), [], []
    units = network.size.units
    for index in range(len(data)):
        for _ in range(500):
            drawn = _trees(stream, units, network.dim, max(1, network.outputs - 1))
            bound = _pure_bound(document, index, tree_text(drawn, units, INNER_BITS))
            if bound is not None and bound > 0:
                trees += drawn
                bounds.append(bound)
                break
    margin = str(min(bounds) / 2)
    text = tree_text(trees, units, INNER_BITS)
    document["robust"][0]["hints"] = {"bits": BITS, "input_bits": INNER_BITS, "margin": margin, "trees": text}
    document["statement"]["margin"] = margin
    return document


def _pure_bound(document: Document, index: int, text: str) -> Fraction | None:
    said, data = document["statement"], document["data"]
    statement = {"norm": said["norm"], "radius": Fraction(said["radius"]), "domain": said["domain"]}
    layers = read_network(document["network"])[0]
    prover = TreeProver(layers, document["robust"][0]["label"], statement, data["scale"], BITS, INNER_BITS)
    bound = prover.prove(data["points"][index], Stream(text))
    return None if bound is None or bound == float("inf") else Fraction(bound, 2**BITS)


# The judge -------------------------------------------------------------------------------


def _number(value: Any) -> int:
    assert type(value) in (int, str)
    return value if type(value) is int else int(value, 16)


def _read(document: Document) -> tuple[ReluNetwork, list[Point], list[int]]:
    maps = []
    for entry in document["network"]["maps"]:
        rows, columns = map(_number, entry["shape"])
        scale, matrix = _number(entry["denominator"]), [[Fraction(0)] * columns for _ in range(rows)]
        for row in range(rows):
            for place in range(entry["row_starts"][row], entry["row_starts"][row + 1]):
                matrix[row][entry["columns"][place]] = Fraction(_number(entry["values"][place]), scale)
        maps.append(AffineMap(matrix, [Fraction(_number(value), scale) for value in entry["bias"]]))
    data = document["data"]
    points = [tuple(Fraction(_number(v), _number(data["scale"])) for v in row) for row in data["points"]]
    return ReluNetwork(maps), points, [_number(label) for label in data["labels"]]


def _is_true(document: Document) -> bool:
    """Decide the statement, margin included, from network and points."""
    said = document["statement"]
    network, points, labels = _read(document)
    domain = None if said["domain"] is None else (said["domain"]["lower"], said["domain"]["upper"])
    if said["kind"] != "robust-error" or Fraction(said["lower"]) > 0 or Fraction(said["upper"]) < 0:
        return False
    if said["points"] != len(points) or said["dim"] != network.dim or said["nonzero"] != network.size.nonzero:
        return False
    margin = None if said["margin"] is None else Fraction(said["margin"])
    ball = NormBall(said["norm"], Fraction(said["radius"]))
    return all(_holds(network, label, point, ball, domain, margin) for point, label in zip(points, labels, strict=True))


def _holds(
    network: ReluNetwork, label: int, point: Point, ball: NormBall, domain: Any, margin: Fraction | None
) -> bool:
    if ball.norm != "l2":
        found = smallest_margin(network, label, point, ball, domain)
        return found is None or (margin is not None and 0 < margin <= found.margin)
    if margin is None or margin <= 0:
        return False
    nearest = nearest_wrong(_lowered(network, label, margin * (1 - HAIR)), label, point, ball.radius, domain)
    return nearest is None or nearest.square > ball.radius**2


def _lowered(network: ReluNetwork, label: int, by: Fraction) -> ReluNetwork:
    """Return the network with its lead for a label lowered."""
    *hidden, last = network.maps
    if network.outputs == 1:
        bias = [last.bias[0] - label * by]
    else:
        bias = [value - (by if place == label else 0) for place, value in enumerate(last.bias)]
    return ReluNetwork([*hidden, AffineMap(last.weight, bias)])


def _accepted(document: Any, folder: Path, prove: Callable[..., Any] = checker.prove_group) -> bool:
    path = folder / "forged.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        checker.check(path, prove)
    except (Rejected, TypeError, KeyError, IndexError, ValueError, OverflowError, AttributeError):
        return False
    return True


# Statements that are not true --------------------------------------------------------------


def _false_statements(document: Document) -> Iterator[tuple[str, Document]]:
    """Yield changes of the statement, consistent throughout, that make it false."""
    network, points, labels = _read(document)
    said = document["statement"]
    label = labels[0]
    worst = min(_smallest_known(document, network, label, point) for point in points)
    yield "a larger margin", _with_margin(document, worst + HAIR)
    for name, lower in (("zero at one point", worst), ("negative at one point", worst + HAIR)):
        yield name, _with_network(document, _lowered(network, label, lower))
    for factor in (2, 4):
        wider = copy.deepcopy(document)
        wider["statement"]["radius"] = str(Fraction(said["radius"]) * 4 * factor)
        wider["statement"]["domain"] = None
        yield f"radius times {4 * factor}", wider
    other = 1 if network.outputs > 1 else -label
    yield "another label", _with_labels(document, [other] * len(points))
    yield "another label for one point", _with_labels(document, [other, *labels[1:]])


def _smallest_known(document: Document, network: ReluNetwork, label: int, point: Point) -> Fraction:
    """Return the smallest lead on the ball (l2: on the l1 ball inside it)."""
    said = document["statement"]
    domain = None if said["domain"] is None else (said["domain"]["lower"], said["domain"]["upper"])
    norm = "l1" if said["norm"] == "l2" else said["norm"]
    found = smallest_margin(network, label, point, NormBall(norm, Fraction(said["radius"])), domain)
    assert found is not None
    return found.margin


def _with_margin(document: Document, margin: Fraction) -> Document:
    changed = copy.deepcopy(document)
    changed["statement"]["margin"] = changed["robust"][0]["hints"]["margin"] = str(margin)
    return changed


def _with_network(document: Document, network: ReluNetwork) -> Document:
    changed = copy.deepcopy(document)
    changed["network"] = network_document(network)
    changed["statement"].update(network=network.digest(), nonzero=network.size.nonzero)
    return changed


def _with_labels(document: Document, labels: list[int]) -> Document:
    changed = copy.deepcopy(document)
    changed["data"]["labels"] = labels
    groups: dict[int, list[int]] = {}
    for index, label in enumerate(labels):
        groups.setdefault(label, []).append(index)
    trees = _decoded(document)
    share = len(trees) // len(labels)
    changed["robust"] = []
    for label, indices in groups.items():
        chosen = [tree for index in indices for tree in trees[share * index : share * index + share]]
        hints = {**document["robust"][0]["hints"], "trees": _text(document, chosen)}
        changed["robust"].append({"rule": "tree", "label": label, "indices": indices, "hints": hints})
    changed["statement"]["data"] = checker.Data(
        changed["data"], Path(), len(labels), changed["statement"]["dim"]
    ).digest()
    return changed


# Changes of the trees ----------------------------------------------------------------------


def _body(document: Document) -> bytes:
    return zlib.decompress(base64.b64decode(document["robust"][0]["hints"]["trees"]))


def _packed(body: bytes) -> str:
    return base64.b64encode(zlib.compress(body)).decode()


def _units(document: Document) -> int:
    return sum(_number(entry["shape"][0]) for entry in document["network"]["maps"][:-1])


def _decoded(document: Document) -> list[Tree]:
    stream, trees = Stream(document["robust"][0]["hints"]["trees"]), []
    while stream.place < len(stream.body):
        trees.append(read_tree(stream, _units(document), INNER_BITS, BITS))
    return trees


def _text(document: Document, trees: list[Tree]) -> str:
    return tree_text(trees, _units(document), INNER_BITS)


def _byte_changes(body: bytes) -> Iterator[bytes]:
    """Yield every byte changed, dropped, doubled, and the text cut short or made longer."""
    for place, byte in enumerate(body):
        for value in sorted({byte ^ 1, byte ^ 128, (byte + 1) % 256, (byte - 1) % 256, 0, 1, 2, 3, 255} - {byte}):
            yield body[:place] + bytes([value]) + body[place + 1 :]
        yield body[:place] + body[place + 1 :]
        yield body[:place] + bytes([byte]) + body[place:]
        yield body[:place]
    yield from (body + extra for extra in (b"\0", b"\1", b"\3", body, b"\xff" * 9))


def _tree_changes(trees: list[Tree], units: int, dim: int) -> Iterator[list[Tree]]:
    """Yield trees with a node or a number changed, dropped, doubled, or whole trees exchanged."""
    yield trees[::-1]
    yield [trees[0]] * len(trees)
    yield [*trees, trees[0]]
    yield trees[:-1]
    yield [(Node(),)] * len(trees)
    for place, tree in enumerate(trees):
        for changed in _node_changes(tree, units, dim):
            yield [*trees[:place], changed, *trees[place + 1 :]]


def _node_changes(tree: Tree, units: int, dim: int) -> Iterator[Tree]:
    for place, node in enumerate(tree):
        for other in _other_nodes(node, units, dim):
            yield (*tree[:place], other, *tree[place + 1 :])
        yield (*tree[:place], *tree[place + 1 :])
        yield (*tree[:place], node, *tree[place:])
    yield (Node(0), *tree, *tree)
    yield (Node(units), *tree, *tree)


def _other_nodes(node: Node, units: int, dim: int) -> Iterator[Node]:
    if node.unit >= 0:
        yield from (Node(unit, node.at) for unit in range(units + dim) if unit != node.unit)
        yield from (replace(node, at=node.at + step) for step in (1, -1, Fraction(1, 16), 2**40) if node.unit >= units)
        yield Node()
        return
    yield Node(0)
    leaf = node.leaf or Multipliers()
    for unit in range(units):
        for slope in (0, 255, 128):
            yield Node(leaf=replace(leaf, slopes={**leaf.slopes, unit: slope}))
        for beta in (Fraction(0), Fraction(1, 64), Fraction(7), Fraction(2**70), Fraction(1, 2**70)):
            yield Node(leaf=replace(leaf, betas={**leaf.betas, unit: beta}))
    for pull in (Fraction(0), Fraction(1, 64), Fraction(3), Fraction(2**70)):
        yield Node(leaf=replace(leaf, pull=pull))


def _hint_changes(document: Document) -> Iterator[Document]:
    """Yield certificates with any other trees, and any other bits."""
    bodies = [_packed(body) for body in _byte_changes(_body(document))]
    dim = document["statement"]["dim"]
    texts = bodies + [_text(document, trees) for trees in _tree_changes(_decoded(document), _units(document), dim)]
    for text in texts:
        yield _with_hints(document, trees=text)
    for bits in (0, 1, 2, 8, 63, 65, 200):
        yield _with_hints(document, bits=bits)
        yield _with_hints(document, input_bits=bits)
        yield _with_hints(document, bits=bits, trees=_text(document, [(Node(),)] * len(_decoded(document))))


def _with_hints(document: Document, **changes: Any) -> Document:
    changed = copy.deepcopy(document)
    changed["robust"][0]["hints"].update(changes)
    return changed


# The tests ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_valid_trees_are_accepted_and_true(name: str, tmp_path: Path) -> None:
    document = _issue(name, tmp_path)
    assert _is_true(document)
    assert all(_accepted(document, tmp_path, prove) for prove in CHECKERS.values())
    used = [node for tree in _decoded(document) for node in tree]
    assert any(node.unit >= _units(document) for node in used) and any(
        0 <= node.unit < _units(document) for node in used
    )
    assert any(node.leaf and node.leaf.slopes and node.leaf.betas and node.leaf.pull for node in used)


@pytest.mark.parametrize("name", NAMES)
def test_no_change_of_the_trees_proves_a_false_statement(name: str, tmp_path: Path) -> None:
    document = _issue(name, tmp_path)
    stream, tried, believed = random.Random(name), 0, []
    for kind, false in _false_statements(document):
        assert not _is_true(false), kind
        changes = list(_hint_changes(false))
        for forged in [false, *stream.sample(changes, min(len(changes), 90))]:
            prove = CHECKERS["compiled" if tried % 8 == 0 else "plain"]
            tried += 1
            if _accepted(forged, tmp_path, prove):
                believed.append((kind, forged["robust"][0]["hints"]))
    assert not believed, f"{tried - len(believed)} of {tried} rejected; believed: {believed[0]}"
    assert tried >= 500


@pytest.mark.parametrize("name", NAMES)
def test_a_true_statement_survives_changes_of_its_trees_or_is_rejected(name: str, tmp_path: Path) -> None:
    document = _issue(name, tmp_path)
    changes = list(_hint_changes(document))
    seen = {True: 0, False: 0}
    for forged in random.Random(name).sample(changes, min(len(changes), 200)):
        plain, compiled = (_accepted(forged, tmp_path, CHECKERS[kind]) for kind in ("plain", "compiled"))
        assert plain == compiled or forged["robust"][0]["hints"]["bits"] < 20, forged["robust"][0]["hints"]
        seen[plain] += 1
    assert seen[True] >= 5 and seen[False] >= 100, seen


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_the_file_changed_is_rejected_unless_it_stays_true(name: str, tmp_path: Path) -> None:
    document = _issue(name, tmp_path)
    rejected, believed = 0, []
    for forged in _file_changes(document):
        if not _accepted(forged, tmp_path):
            rejected += 1
        elif not _is_true(forged):
            believed.append(forged)
    assert not believed, f"{rejected} of {rejected + len(believed)} rejected; believed: {json.dumps(believed[0])}"
    assert rejected >= 400


def _file_changes(document: Any, at: tuple[Any, ...] = ()) -> Iterator[Document]:
    value = document
    for key in at:
        value = value[key]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, _ in inner:
        yield from _file_changes(document, (*at, key))
    if at:
        for other in _others(value):
            changed = copy.deepcopy(document)
            target = changed
            for key in at[:-1]:
                target = target[key]
            target[at[-1]] = other
            yield changed


def _others(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [None, [], {}, *({k: v for k, v in value.items() if k != key} for key in value), {**value, "more": 1}]
    if isinstance(value, list):
        return [None, {}, [], value[:-1], [*value, *value[-1:]], value[::-1]] if value != value[::-1] else [None, {}]
    if isinstance(value, int):
        return [value + 1, value - 1, -value - 1, 2 * value + 1, 2**64, None, True, str(value), [value], "0x", -(2**20)]
    if isinstance(value, str):
        return [value + "0", value[:-1], value[1:], "", "0", "-1", "1/0", "2", None, 0, "linf", "l1", "l2", "interval"]
    return [0, "", [], {}, "1"]


def test_exchanging_the_proofs_of_two_points_is_no_harm_and_no_help(tmp_path: Path) -> None:
    document = _issue("linf", tmp_path)
    trees = _decoded(document)
    swapped = _with_hints(document, trees=_text(document, trees[::-1]))
    turned = copy.deepcopy(swapped)
    turned["robust"][0]["indices"] = [1, 0]
    assert _accepted(turned, tmp_path)
    doubled = copy.deepcopy(document)
    doubled["robust"][0]["indices"] = [0, 0]
    assert not _accepted(doubled, tmp_path)


# Hostile trees -----------------------------------------------------------------------------

_LONG = b"\xff" * 114_000 + b"\x01"
HOSTILE = {
    "zeros without end": b"\0" * (2**28 - 1),
    "more than allowed": b"\0" * (2**28 + 1),
    "one split for ever": b"\x03" * 2**22,
    "two splits for ever": b"\x03\x04" * 2**21,
    "splits in turn": b"\x03\x04\x05\x06\x07" * 2**20,
    "one input split for ever": b"\x08\x00" * 2**21,
    "input splits in turn": b"\x08\x00\x09\x01" * 2**20,
    "split at a huge number": b"\x08" + _LONG + b"\0\0",
    "huge unit": _LONG + b"\0\0",
    "huge exponent": b"\x01\0" + _LONG + b"\0",
    "exponent just allowed": b"\x01\0\xfe\xff\x2f\x01\0\x01" * 2,
    "huge count of slopes": b"\x01" + _LONG,
    "huge beta": b"\x01\0\0\x01\0" + _LONG,
    "huge pull": b"\x02\0\0\0\0" + _LONG,
    "huge slope": b"\x01\x01\0" + _LONG,
    "number without end": b"\xff" * 2**24,
    "no tree": b"",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_trees_are_rejected_in_no_time(kind: str, tmp_path: Path) -> None:
    document = _with_hints(_issue("linf", tmp_path), trees=_packed(HOSTILE[kind]))
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    for command in ([sys.executable, "-I", checker.__file__], [sys.executable, "-m", "verify", "recheck"]):
        done = subprocess.run([*command, str(path)], capture_output=True, timeout=20, check=False)
        assert done.returncode == 5, done.stdout[-300:]
        assert b"rejected: " in done.stdout and b"Traceback" not in done.stdout + done.stderr


HOSTILE_HINTS: dict[str, Document] = {
    "negative bits": {"bits": -1},
    "too many bits": {"bits": 2**16 + 1},
    "huge bits": {"bits": "0x" + "f" * 5000},
    "bits as text": {"bits": "64"},
    "true bits": {"bits": True},
    "negative input bits": {"input_bits": -1},
    "too many input bits": {"input_bits": 2**20},
    "no margin": {"margin": None},
    "margin 0": {"margin": "0"},
    "negative margin": {"margin": "-1/8"},
    "huge margin": {"margin": "1" * 4000},
    "margin of a thousand bits": {"margin": "1/" + str(3**600)},
    "trees as a list": {"trees": [0, 0]},
    "no text": {"trees": ""},
    "no base64": {"trees": "%%%%"},
    "no zlib": {"trees": base64.b64encode(b"\0\0\0").decode()},
    "half a stream": {"trees": base64.b64encode(zlib.compress(b"\0" * 99)[:-5]).decode()},
    "two streams": {"trees": base64.b64encode(zlib.compress(b"\0\0") + zlib.compress(b"\0\0")).decode()},
    "one more hint": {"more": 1},
}


@pytest.mark.parametrize("kind", HOSTILE_HINTS)
def test_hostile_hints_are_rejected(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = _with_hints(_issue("linf", tmp_path), **HOSTILE_HINTS[kind])
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert checker.main([str(path)]) == 5
    assert "rejected: " in capsys.readouterr().out
    assert not _accepted(document, tmp_path, compiled_checker.prove_group)


# The compiled checker on its own -----------------------------------------------------------


def test_points_beside_one_beyond_64_bits_are_not_rounded(tmp_path: Path) -> None:
    centre = 2**54 + 3
    network = ReluNetwork([AffineMap([[1]], [Fraction(1, 4) - centre])])
    points = [[centre + 1], [-1], [2**63]]
    good = verify.robust_error(network, LabelledPoints.of(points, [1, -1, 1]), radius="1/2")
    assert good.status == ("robust",) * 3
    document: Document = json.loads(good.certificate(tmp_path / "certificate.json").read_text())
    document["robust"] = [
        {"rule": "interval", "label": label, "indices": [index], "hints": None}
        for index, label in enumerate((1, -1, 1))
    ]
    document["statement"]["margin"] = "3/4"
    assert all(_accepted(document, tmp_path, prove) for prove in CHECKERS.values())
    document["data"]["points"][0] = [hex(centre)]
    document["statement"]["data"] = checker.Data(document["data"], Path(), 3, 1).digest()
    assert not any(_accepted(document, tmp_path, prove) for prove in CHECKERS.values())


def test_large_weights_on_units_that_are_0_do_not_stop_the_compiled_checker(tmp_path: Path) -> None:
    large = 2**70
    maps = [AffineMap([[1, 1]], [0]), AffineMap([[0]], [0]), AffineMap([[large]], [0]), AffineMap([[1]], [1])]
    network, data = ReluNetwork(maps), LabelledPoints.of([["1/3", "4/7"]], [1])
    result = verify.robust_error(network, data, radius="1/7", method="interval")
    document = json.loads(result.certificate(tmp_path / "certificate.json", hints=False).read_text())
    path = tmp_path / "again.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    for prove in CHECKERS.values():
        assert checker.check(path, prove).startswith("proved")
