"""Networks as lossless JSON: integers over one denominator per map, rows stored sparse."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from constructions.errors import MalformedInput, UsageError
from constructions.exact.integer_arrays import IntegerRows, integer_array, largest_magnitude
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

SCHEMA = "robustproofs/network/1"
_SAFE = 2**53
_HEXADECIMAL = re.compile(r"-?0x[0-9a-f]{1,100000}")
_LARGEST_FILE = 2**31


def integers_to_json(array: np.ndarray) -> list[int | str]:
    """Return integers as JSON values: plain below 2^53, hexadecimal text beyond."""
    values = array.tolist()
    if largest_magnitude(array) < _SAFE:
        return values
    return [integer_to_json(value) for value in values]


def integer_to_json(value: int) -> int | str:
    """Return one integer as a JSON value."""
    return value if -_SAFE < value < _SAFE else hex(value)


def integer_from_json(value: Any) -> int:
    """Read one integer written by ``integer_to_json``.

    Raises:
        MalformedInput: it is something else.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _HEXADECIMAL.fullmatch(value):
        return int(value, 16)
    raise MalformedInput(f"{str(value)[:40]!r} is not an integer")


def network_document(network: ReluNetwork) -> dict[str, Any]:
    """Return the network as a JSON document."""
    return {
        "schema": SCHEMA,
        "maps": [
            {
                "shape": list(affine.shape),
                "denominator": integer_to_json(affine.denominator),
                "row_starts": affine.numerators.starts.tolist(),
                "columns": affine.numerators.columns.tolist(),
                "values": integers_to_json(affine.numerators.values),
                "bias": integers_to_json(affine.bias_numerators),
            }
            for affine in network.maps
        ],
    }


def network_text(network: ReluNetwork) -> str:
    """Return the canonical text: one spelling for equal networks."""
    return json.dumps(network_document(network), separators=(",", ":"), sort_keys=True)


def network_from_document(document: Any) -> ReluNetwork:
    """Read a network document.

    Raises:
        MalformedInput: it is not a network document of schema 1.
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise MalformedInput(f"not a {SCHEMA} document")
    maps = document.get("maps")
    if not isinstance(maps, list) or not maps:
        raise MalformedInput("a network needs a list of maps")
    try:
        return ReluNetwork(_map_from_document(entry) for entry in maps)
    except MalformedInput:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise MalformedInput(f"malformed network: {error}") from None


def read_json(path: str | Path) -> Any:
    """Read a JSON file strictly: no duplicate keys, no NaN, bounded size and depth.

    Raises:
        MalformedInput: the file breaks one of these rules.
        UsageError: there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if path.stat().st_size > _LARGEST_FILE:
        raise MalformedInput(f"{path.name} is larger than {_LARGEST_FILE} bytes")
    try:
        return json.loads(path.read_bytes().decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except MalformedInput:
        raise
    except (ValueError, RecursionError) as error:
        raise MalformedInput(f"{path.name} is not valid JSON: {error}") from None


def read_network(path: str | Path) -> ReluNetwork:
    """Read a network file written by ``ReluNetwork.save``."""
    return network_from_document(read_json(path))


def _map_from_document(entry: Any) -> AffineMap:
    outputs, inputs = entry["shape"]
    if not (isinstance(outputs, int) and isinstance(inputs, int) and outputs >= 1 and inputs >= 0):
        raise MalformedInput(f"a map cannot have shape {entry['shape']}")
    denominator = integer_from_json(entry["denominator"])
    if denominator < 1:
        raise MalformedInput(f"a denominator must be positive, got {denominator}")
    starts, columns = _places(entry["row_starts"]), _places(entry["columns"])
    values, bias = _integers(entry["values"]), _integers(entry["bias"])
    if starts.size != outputs + 1 or starts[0] != 0 or starts[-1] != columns.size or np.any(np.diff(starts) < 0):
        raise MalformedInput("row_starts do not fit the entries")
    if columns.size != values.size or bias.size != outputs:
        raise MalformedInput("columns, values or bias have the wrong length")
    rows = np.repeat(np.arange(outputs, dtype=np.int64), np.diff(starts))
    matrix = IntegerRows.from_entries(rows, columns, values, (outputs, inputs))
    return AffineMap.from_integers(matrix, bias, denominator)


def _places(values: Any) -> np.ndarray:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise MalformedInput("indices must be a list of integers")
    return np.array(values, dtype=np.int64)


def _integers(values: Any) -> np.ndarray:
    if not isinstance(values, list):
        raise MalformedInput("entries must be a list of integers")
    return integer_array(np.array([integer_from_json(value) for value in values], dtype=object))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise MalformedInput("a key appears twice")
    return result


def _refuse_constant(name: str) -> Any:
    raise MalformedInput(f"{name} is not a number")
