"""``rproof radius``: between which radii each point stops being robust."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from constructions.errors import UsageError
from verify.command.models import read_model
from verify.command.options import (
    BOX,
    EXACT,
    JOBS,
    NORM,
    SHAPE,
    Common,
    common_options,
    load_named_data,
    original_numbers,
    use_workers,
)
from verify.command.progress import ProgressBar
from verify.command.typed_command import keep_command
from verify.versions import versions

if TYPE_CHECKING:
    from verify.radius import RobustRadius

EPILOG = """\b
Examples:
  rproof radius run/network.json --data digits:even-odd --points 0:5
  rproof radius model.onnx --data points.csv --norm l2 --precision 1/1000000 --json
"""


@click.command("radius", epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--data", "spec", required=True, metavar="SPEC", help="Labelled points; see rproof data --help.")
@click.option("--norm", type=NORM, default="linf", show_default=True, help="Norm of the perturbation.")
@click.option("--precision", type=EXACT, default="1/1024", show_default=True, help="Stop at this relative width.")
@click.option("--largest", type=EXACT, help="Look at no radius beyond this.")
@click.option("--domain", type=BOX, help="Range of every coordinate that also limits the attacker, e.g. 0:1.")
@click.option("--seconds", type=float, default=10.0, show_default=True, help="Time limit a point.")
@click.option("--points", metavar="A:B", help="Only the points from A up to B, counted from 0.")
@click.option("--architecture", type=click.Path(path_type=Path), help="Layers of a .safetensors file (JSON or TOML).")
@click.option("--input-shape", type=SHAPE, help="Shape of one point where the model leaves it open, e.g. 1,28,28.")
@click.option("-j", "--jobs", type=JOBS, help="Threads; by default one a processor.")
@common_options
def command(
    common: Common,
    model: Path,
    spec: str,
    norm: str,
    precision: Fraction,
    largest: Fraction | None,
    domain: tuple[Fraction, Fraction] | None,
    seconds: float,
    points: str | None,
    architecture: Path | None,
    input_shape: tuple[int, ...] | None,
    jobs: int | None,
) -> int:
    """Bracket the robust radius of each point of MODEL between exact rationals.

    At the lower end the point is proved robust, at the upper end an exact point of the
    closed ball is wrong. With -o both ends of every point get a certificate. Exit code 0
    if every bracket is as narrow as asked, 3 otherwise.
    """
    from dataclasses import asdict

    from verify.radius import robust_radius

    if not seconds > 0:
        raise UsageError(f"--seconds must be positive, got {seconds}")
    use_workers(jobs)
    network = read_model(model, architecture, input_shape)
    data, name, _ = load_named_data(spec, 0, norm, points)
    with ProgressBar(common.quiet) as bar:
        found = robust_radius(
            network,
            data,
            norm,
            precision=precision,
            largest=largest,
            domain=None if domain is None else ([domain[0]] * data.dim, [domain[1]] * data.dim),
            seconds=common.seconds_left,
            point_seconds=seconds,
            seed=common.seed,
            progress=bar.callback,
        )
    numbers = original_numbers(len(data), (), points)
    labels = map(int, data.label_array)
    rows = [_row(*entry, precision) for entry in zip(numbers, labels, found, strict=True)]
    if common.output is not None:
        _write(found, rows, common.output, network, data, norm, domain)
        keep_command(common.output)
    done = all(row["status"] != "open" for row in rows)
    envelope = {
        "schema": "robustproofs/result/1",
        "verb": "radius",
        "verdict": "holds" if done else "unknown",
        "exit": 0 if done else 3,
        "theorem": None,
        "instance": {"model": str(model), "data": name, "norm": norm, "precision": str(precision)},
        "claims": [
            {
                "name": f"radius of point {row['index']}",
                "status": "unknown" if row["status"] == "open" else "holds",
                "evidence": "exact",
                "measured": row["lower"],
                "promised": row["upper"],
                "direction": "at least",
                "method": "complete",
                "seconds": row["seconds"],
            }
            for row in rows
        ],
        "radii": rows,
        "network": asdict(network.size),
        "certificate": None,
        "seconds": round(sum(entry.seconds for entry in found), 6),
        "versions": versions(),
    }
    common.show(envelope, lambda: _print(rows))
    return 0 if done else 3


def _row(index: int, label: int, entry: RobustRadius, precision: Fraction) -> dict[str, Any]:
    if entry.upper == 0:
        status = "wrong"
    elif entry.gap is not None and entry.upper is not None and entry.gap <= precision * entry.upper:
        status = "bracketed"
    elif entry.upper is None and entry.lower is not None and entry.is_largest:
        status = "beyond"
    else:
        status = "open"
    return {
        "index": index,
        "label": label,
        "lower": None if entry.lower is None else str(entry.lower),
        "upper": None if entry.upper is None else str(entry.upper),
        "status": status,
        "seconds": round(entry.seconds, 6),
        "witness": None if entry.witness is None else [str(value) for value in entry.witness],
    }


def _write(
    found: list[RobustRadius],
    rows: list[dict[str, Any]],
    folder: Path,
    network: Any,
    data: Any,
    norm: str,
    domain: tuple[Fraction, Fraction] | None,
) -> None:
    """Write the certificates of both ends of every bracket."""
    from verify.certificate.issue import recheck
    from verify.radius import refutation

    folder.mkdir(parents=True, exist_ok=True)
    box = None if domain is None else ([domain[0]] * data.dim, [domain[1]] * data.dim)
    for index, (entry, row) in enumerate(zip(found, rows, strict=True)):
        ends = {"robust": entry.proof, "wrong": refutation(network, data, index, norm, entry, box)}
        for name, result in ends.items():
            if result is not None:
                path = result.certificate(folder / f"point-{row['index']}-{name}.json")
                recheck(path)
                row[f"certificate_{name}"] = str(path)


def _print(rows: list[dict[str, Any]]) -> None:
    import shutil
    import sys

    from rich.console import Console
    from rich.table import Table

    console = Console(width=max(100, shutil.get_terminal_size((120, 20)).columns) if not sys.stdout.isatty() else None)
    table = Table("point", "label", "robust at", "wrong at", "as decimals", "status", "seconds", box=None)
    for row in rows:
        ends = [row["lower"], row["upper"]]
        decimals = " to ".join("?" if text is None else f"{float(Fraction(text)):.6g}" for text in ends)
        table.add_row(
            str(row["index"]),
            str(row["label"]),
            *(_short(text) for text in ends),
            decimals,
            row["status"],
            f"{row['seconds']:.2f}",
        )
    console.print(table, highlight=False)


def _short(text: str | None) -> str:
    if text is None:
        return ""
    return text if len(text) <= 20 else text[:8] + "..." + text[-8:]
