"""The JSON format: lossless, one spelling for equal networks, and strict about what it reads."""

from __future__ import annotations

import copy
import itertools
import json
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from constructions.errors import InexactInput, MalformedInput, UsageError
from constructions.network.affine_map import AffineMap
from constructions.network.network_json import (
    integer_from_json,
    integer_to_json,
    network_document,
    network_from_document,
    network_text,
)
from constructions.network.relu_network import ReluNetwork

NETWORK = ReluNetwork([AffineMap([["1/2", 0], [-3, 2**60]], [0, "1/4"]), AffineMap([[1, -1]], [2**70])])


def draw_network(seed: int, size: int) -> ReluNetwork:
    draw = random.Random(seed)

    def number() -> Fraction:
        return Fraction(draw.randint(-size, size), draw.choice([1, 2, 3])) if draw.random() > 0.3 else Fraction(0)

    widths = [draw.randint(1, 4) for _ in range(draw.randint(2, 4))]
    return ReluNetwork(
        AffineMap([[number() for _ in range(inputs)] for _ in range(outputs)], [number() for _ in range(outputs)])
        for inputs, outputs in itertools.pairwise(widths)
    )


@pytest.mark.parametrize("size", [0, 3, 2**53 - 1, 2**53, 2**63, 2**200], ids=lambda size: f"bits{size.bit_length()}")
@pytest.mark.parametrize("seed", range(8))
def test_saving_and_loading_loses_nothing(tmp_path: Path, seed: int, size: int) -> None:
    network = draw_network(seed, size)
    network.save(tmp_path / "network.json")
    back = ReluNetwork.load(str(tmp_path / "network.json"))
    assert back == network
    assert back.digest() == network.digest()
    assert [affine.weight for affine in back.maps] == [affine.weight for affine in network.maps]


def test_the_text_is_this_one() -> None:
    network = ReluNetwork([AffineMap([["1/2", 0]], [-(2**53)])])
    assert network_text(network) == (
        '{"maps":[{"bias":["-0x40000000000000"],"columns":[0],"denominator":2,"row_starts":[0,1],'
        '"shape":[1,2],"values":[1]}],"schema":"robustproofs/network/1"}'
    )


def test_equal_networks_have_one_text() -> None:
    left = ReluNetwork([AffineMap([["1/2", 0, 3]], [1])])
    right = ReluNetwork([AffineMap.from_coo([0, 0], [2, 0], [12, 2], (1, 3), [4], denominator=4)])
    assert network_text(left) == network_text(right)


@pytest.mark.parametrize("value", [0, 1, -1, 2**53 - 1, -(2**53), 2**53, 2**53 + 1, 2**64, -(2**2000)])
def test_integers_survive_a_reader_that_has_only_doubles(value: int) -> None:
    written = integer_to_json(value)
    assert integer_from_json(json.loads(json.dumps(written))) == value
    assert isinstance(written, str) or float(written) == value


@pytest.mark.parametrize(
    "value",
    [1.0, True, None, "7", "0x", "0xzz", "--0x1", "0x1.8", "0x1_0", "0x1 ", "-0x", [1], {}, "1/2", "0x" + "1" * 10**6],
)
def test_what_is_no_integer_is_refused(value: Any) -> None:
    with pytest.raises(MalformedInput, match="is not an integer"):
        integer_from_json(value)


def _set(path: list[Any], value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        target: Any = document
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    change.__name__ = f"{path[-1]}={str(value)[:20]}"
    return change


FORGED = [
    _set(["schema"], "robustproofs/network/2"),
    _set(["schema"], None),
    _set(["maps"], []),
    _set(["maps"], {}),
    _set(["maps", 0], None),
    _set(["maps", 0], "shape"),
    _set(["maps", 0], {}),
    _set(["maps", 0, "shape"], [2]),
    _set(["maps", 0, "shape"], [2, 2, 2]),
    _set(["maps", 0, "shape"], ["2", 2]),
    _set(["maps", 0, "shape"], [2, -1]),
    _set(["maps", 0, "shape"], [0, 2]),
    _set(["maps", 0, "shape"], [2.0, 2]),
    _set(["maps", 0, "shape"], [2, 1]),
    _set(["maps", 0, "shape"], [2, 2**40]),
    _set(["maps", 0, "shape"], [2, 2**62]),
    _set(["maps", 0, "shape"], [2, 10**30]),
    _set(["maps", 0, "shape"], [3, 2]),
    _set(["maps", 0, "denominator"], 0),
    _set(["maps", 0, "denominator"], -4),
    _set(["maps", 0, "denominator"], 4.0),
    _set(["maps", 0, "denominator"], "4"),
    _set(["maps", 0, "row_starts"], [0, 1, 2]),
    _set(["maps", 0, "row_starts"], [0, 4, 3]),
    _set(["maps", 0, "row_starts"], [1, 1, 3]),
    _set(["maps", 0, "row_starts"], [0, 3]),
    _set(["maps", 0, "row_starts"], []),
    _set(["maps", 0, "row_starts"], [0, 1.0, 3]),
    _set(["maps", 0, "row_starts"], [0, 2**70, 3]),
    _set(["maps", 0, "columns"], [0, 0, 2]),
    _set(["maps", 0, "columns"], [0, 0, -1]),
    _set(["maps", 0, "columns"], [0, 0]),
    _set(["maps", 0, "columns"], [0, 0, True]),
    _set(["maps", 0, "columns"], None),
    _set(["maps", 0, "values"], [2, -12]),
    _set(["maps", 0, "values"], [2, -12, 0.5]),
    _set(["maps", 0, "values"], [2, -12, "many"]),
    _set(["maps", 0, "values"], [2, -12, [1]]),
    _set(["maps", 0, "bias"], [1]),
    _set(["maps", 0, "bias"], "01"),
    _set(["maps", 0, "bias"], [None, 1]),
]


@pytest.mark.parametrize("change", FORGED, ids=lambda change: change.__name__)
def test_forged_documents_are_refused(change: Callable[[dict[str, Any]], None]) -> None:
    document = copy.deepcopy(network_document(NETWORK))
    assert network_from_document(document) == NETWORK
    change(document)
    with pytest.raises(MalformedInput):
        network_from_document(document)


@pytest.mark.parametrize("document", [None, [], 3, "robustproofs/network/1", {"maps": []}], ids=str)
def test_other_documents_are_refused(document: Any) -> None:
    with pytest.raises(MalformedInput, match="not a robustproofs/network/1 document"):
        network_from_document(document)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[1,]",
        b'{"schema":"robustproofs/network/1","maps":[NaN]}',
        b'{"schema":"robustproofs/network/1","maps":[-Infinity]}',
        b'{"schema":"robustproofs/network/1","schema":"robustproofs/network/1","maps":[]}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        network_text(NETWORK).encode() + b"}",
        network_text(NETWORK).encode("utf-16"),
        b"\x80\x04}.",
    ],
    ids=range(13),
)
def test_files_that_are_no_json_network_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(MalformedInput):
        ReluNetwork.load(tmp_path / "bad.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.json", tmp_path):
        with pytest.raises(UsageError, match=path.name):
            ReluNetwork.load(path)


def test_500_damaged_files_are_refused_or_read(tmp_path: Path) -> None:
    whole = network_text(NETWORK).encode()
    draw = random.Random(7)
    path = tmp_path / "damaged.json"
    refused = 0
    for _ in range(500):
        place = draw.randrange(len(whole))
        byte = draw.choice([draw.randrange(256), ord(draw.choice('0123456789-,.:"[]{}xeE'))])
        path.write_bytes(draw.choice([whole[:place], whole[:place] + bytes([byte]) + whole[place + 1 :]]))
        try:
            ReluNetwork.load(path)
        except (MalformedInput, InexactInput):
            refused += 1
    assert 250 < refused < 500
