"""A landscape as JSON and as CSV: every number, sizes as decimal text where programs may lose digits."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from verify.report.landscape.decisions import Decision
from verify.report.landscape.orders import StatedOrder, stated_orders
from verify.report.landscape.setting import Setting
from verify.report.landscape.sizes import Entry, Landscape, Row

SCHEMA = "robustproofs/landscape/1"
COLUMNS = (
    "norm",
    "ratio",
    "radius",
    "kind",
    "name",
    "nonzero",
    "dense",
    "depth",
    "promised",
    "every data set",
    "status",
    "meaning",
)
THIS, EVERY = "this data set", "every data set of so many points"
SOME = "some data set of so many points needs more"


def instance_of(setting: Setting) -> dict[str, Any]:
    """Return what the landscape is about, numbers as exact text."""
    named = {} if setting.data is None else {"data": setting.name, "eps": str(setting.eps)}
    return {
        **named,
        "points": setting.points,
        "dim": setting.dim,
        "norm": setting.norm,
        "ratios": [str(ratio) for ratio in setting.ratios],
    }


def document(landscape: Landscape, decisions: Iterable[Decision] = ()) -> dict[str, Any]:
    """Return everything a landscape holds; it has no times, so that it is the same on every run."""
    setting, decided = landscape.setting, {entry.ratio: entry for entry in decisions}
    least = landscape.least_ratio
    return {
        "instance": instance_of(setting),
        "upper": EVERY if setting.data is None else THIS,
        "lower": SOME,
        "least_ratio": None if least is None else str(least),
        "inversions": [str(found) for found in landscape.inversions],
        "uncounted": [{"ratio": str(ratio), "name": name} for ratio, name in landscape.uncounted],
        "rows": [_row(setting, row, decided.get(row.ratio)) for row in landscape.rows],
        "orders": [_order(setting, entry) for entry in stated_orders(setting.norm)],
    }


def _row(setting: Setting, row: Row, decision: Decision | None) -> dict[str, Any]:
    smallest = row.smallest()
    return {
        "ratio": str(row.ratio),
        "radius": _text(setting.radius(row.ratio)),
        "smallest": None if smallest is None else smallest.name,
        "constructions": [_entry(entry) for entry in row.entries],
        "bounds": [
            {
                "name": bound.name,
                "size": str(bound.size),
                "counts": bound.counts,
                "shattered": _text(bound.shattered),
                "width": _text(bound.width),
                "condition": bound.condition,
                "source": bound.source,
                "meaning": bound.meaning,
            }
            for bound in row.bounds
        ],
        "decided": None if decision is None else _decision(decision),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "applies": entry.nonzero is not None,
        "nonzero": _text(entry.nonzero),
        "dense": _text(entry.dense),
        "depth": entry.depth,
        "promised": _text(entry.promised),
        "every_data_set": None if entry.at_worst is None else str(entry.at_worst.parameters),
        "condition": None if entry.at_worst is None else entry.at_worst.condition or None,
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "name": decision.name,
        "status": decision.status,
        "nonzero": str(decision.nonzero),
        "dense": str(decision.dense),
        "depth": decision.depth,
        "as_counted": decision.fits,
        "detail": decision.detail,
    }


def _order(setting: Setting, entry: StatedOrder) -> dict[str, Any]:
    ratios = entry.ratios(setting.points, setting.dim, setting.ratios)
    return {
        "source": entry.source,
        "key": entry.key,
        "kind": entry.kind,
        "order": entry.order,
        "counts": entry.counts,
        "range": entry.range,
        "ratios": None if ratios is None else [str(ratio) for ratio in ratios],
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def as_csv(landscapes: Sequence[Landscape], decisions: Iterable[Decision] = ()) -> str:
    """Return one line for every construction and every lower bound at every ratio."""
    decided = {(entry.ratio, entry.name): entry.status for entry in decisions}
    body = io.StringIO()
    writer = csv.DictWriter(body, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for landscape in landscapes:
        for row in landscape.rows:
            writer.writerows(_lines(landscape, row, decided))
    return body.getvalue()


def _lines(landscape: Landscape, row: Row, decided: dict[tuple[Any, str], str]) -> list[dict[str, Any]]:
    setting = landscape.setting
    place = {"norm": setting.norm, "ratio": row.ratio, "radius": _text(setting.radius(row.ratio)) or ""}
    lines = []
    for name in landscape.names:
        entry = row.entry(name)
        line = {**place, "kind": "construction", "name": name, "meaning": EVERY if setting.data is None else THIS}
        if entry is not None and setting.data is None and entry.at_worst is not None and entry.at_worst.condition:
            line["meaning"] = f"only for {entry.at_worst.condition}"
        if entry is None or entry.nonzero is None:
            lines.append({**line, "status": "not counted in time" if entry is None else "does not apply"})
            continue
        numbers = {name: _text(getattr(entry, name)) or "" for name in ("nonzero", "dense", "depth", "promised")}
        worst = "" if entry.at_worst is None else entry.at_worst.parameters
        status = decided.get((row.ratio, name), "counted")
        lines.append({**line, **numbers, "every data set": worst, "status": status})
    for bound in row.bounds:
        found = {"kind": "lower bound", "name": bound.name, "status": "too small", "meaning": bound.meaning}
        lines.append({**place, **found, bound.counts: bound.size})
    return lines
