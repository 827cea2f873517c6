"""Distributions on boxes as lossless JSON: every number is an integer or a text such as "3/32"."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from constructions.errors import AssumptionViolated, InexactInput, MalformedInput
from constructions.network.network_json import read_json
from constructions.sets.box import Box
from constructions.sets.box_mixture import BoxMixture

SCHEMA = "robustproofs/mixture/1"
_KEYS = ("lower", "upper", "label", "probability")


def save_mixture(mixture: BoxMixture, path: str | Path) -> Path:
    """Write a mixture as a JSON file that ``load_mixture`` reads back without loss."""
    boxes = [
        {
            "lower": [str(x) for x in box.lower],
            "upper": [str(x) for x in box.upper],
            "label": label,
            "probability": str(p),
        }
        for box, label, p in zip(mixture.boxes, mixture.labels, mixture.probabilities, strict=True)
    ]
    path = Path(path)
    path.write_text(json.dumps({"schema": SCHEMA, "boxes": boxes}, indent=1) + "\n", encoding="utf-8")
    return path


def load_mixture(path: str | Path) -> BoxMixture:
    """Read a file of labelled boxes with probabilities.

    Each entry of ``boxes`` has the corners ``lower`` and ``upper``, equal for a point, a
    ``label`` and a ``probability``.

    Raises:
        AssumptionViolated: a box is empty, a probability is negative, or they do not sum to 1.
        MalformedInput: it is not a mixture document of schema 1.
        UsageError: there is no such file.
    """
    document = read_json(path)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA or set(document) != {"schema", "boxes"}:
        raise MalformedInput(f"not a {SCHEMA} document with the keys schema and boxes")
    entries = document["boxes"]
    if not isinstance(entries, list) or not entries:
        raise MalformedInput("a mixture has a list of boxes, at least one")
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or set(entry) != set(_KEYS) or type(entry["label"]) is not int:
            raise MalformedInput(f"box {place} must have exactly {', '.join(_KEYS)}, and an integer for a label")
        _check_exact(place, [*_listed(place, entry["lower"]), *_listed(place, entry["upper"]), entry["probability"]])
    try:
        boxes = [Box(entry["lower"], entry["upper"]) for entry in entries]
        return BoxMixture(boxes, [entry["label"] for entry in entries], [entry["probability"] for entry in entries])
    except (AssumptionViolated, InexactInput):
        raise
    except (ValueError, OverflowError) as error:
        raise MalformedInput(f"malformed mixture: {error}") from None


def _listed(place: int, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise MalformedInput(f"box {place}: a corner is a list of numbers")
    return value


def _check_exact(place: int, numbers: list[Any]) -> None:
    for number in numbers:
        if type(number) not in (int, str):
            raise MalformedInput(
                f'box {place}: {str(number)[:40]} is not exact; write an integer, or a text such as "3/32"'
            )
