"""``rproof export-benchmark``: verification instances with proved answers."""

from __future__ import annotations

import re
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from constructions.errors import UsageError
from verify.command.options import Common, common_options
from verify.command.progress import ProgressBar
from verify.versions import versions

EPILOG = """\b
Examples:
  rproof export-benchmark -o bench/
  rproof export-benchmark --seed 7 --instances 60 --margin 2^-40 -o bench/
  rproof export-benchmark --families needle,gaussian --margin 1/1024 --json -o bench/
"""


class PowerOfTwo(click.ParamType):
    """A power of two: 2^-40, 1/1024, 0.5."""

    name = "2^-k"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Read the number exactly."""
        from constructions.exact.rational import parse_fraction

        if isinstance(value, Fraction):
            return value
        match = re.fullmatch(r"2\^-([0-9]{1,4})", str(value).strip())
        if match:
            return Fraction(1, 2 ** int(match.group(1)))
        try:
            return parse_fraction(str(value), "margin")
        except UsageError as error:
            self.fail(str(error), param, ctx)


@click.command("export-benchmark", epilog=EPILOG)
@click.option("--instances", type=int, default=30, show_default=True, help="Number of questions.")
@click.option(
    "--margin", type=PowerOfTwo(), default="2^-20", show_default=True, help="How close to the boundary, 2^-40 to 1/2."
)
@click.option("--families", metavar="A,B", help="Only these; see below. By default all of them in turn.")
@click.option("--limit", type=int, default=300, show_default=True, help="Seconds written for each question.")
@click.option("--seconds", type=float, default=60.0, show_default=True, help="Time limit of each proof.")
@common_options
def command(common: Common, instances: int, margin: Fraction, families: str | None, limit: int, seconds: float) -> int:
    """Write questions for verifiers with answers that are proved: ONNX, VNN-LIB 1.0 and 2.0, certificates.

    The families are needle (a sum of capped distances with a known minimum), cancelling
    (constant on the ball, lost in floats), bit-extraction (deep grid classifiers),
    memorizer and gaussian (balls on both sides of the largest robust radius). Every
    answer is proved about the network and the box that the files state, its certificate
    is re-checked, and equal options give equal files. Exit code 3 if some question could
    not be decided in time; it is left out.
    """
    from verify.instances.families import FAMILIES
    from verify.instances.folder import export_instances

    if common.output is None:
        raise UsageError("give the folder to write with -o DIR")
    if not seconds > 0 or limit < 1:
        raise UsageError(f"--seconds and --limit must be positive, got {seconds} and {limit}")
    names = list(FAMILIES) if families is None else [name.strip() for name in families.split(",")]
    with ProgressBar(common.quiet) as bar:
        proved = export_instances(
            common.output,
            instances,
            common.seed,
            margin,
            names,
            timeout=limit,
            seconds=seconds,
            progress=bar.callback,
        )
    holds = sum(one.instance.answer == "holds" for one in proved)
    missing = instances - len(proved)
    envelope: dict[str, Any] = {
        "schema": "robustproofs/result/1",
        "verb": "export-benchmark",
        "verdict": "unknown" if missing else "holds",
        "exit": 3 if missing else 0,
        "theorem": None,
        "instance": {"instances": instances, "seed": common.seed, "margin": str(margin), "families": names},
        "claims": [_claim(one.instance.name, one.instance.answer, one.result.seconds) for one in proved],
        "network": None,
        "certificate": None,
        "files": {"folder": str(common.output), "truth": str(Path(common.output) / "ground_truth.json")},
        "seconds": round(time.monotonic() - common.started, 6),
        "versions": versions(),
    }

    def lines() -> None:
        click.echo(
            f"wrote {len(proved)} questions to {common.output}: {holds} hold, {len(proved) - holds} are violated"
        )
        if missing:
            click.echo(f"{missing} could not be decided in {seconds:g} s each and are left out")

    common.show(envelope, lines)
    return int(envelope["exit"])


def _claim(name: str, answer: str, seconds: float) -> dict[str, Any]:
    return {
        "name": f"answer of {name}",
        "status": "holds",
        "evidence": "exact",
        "measured": answer,
        "promised": answer,
        "direction": "equal",
        "method": "certificate",
        "seconds": round(seconds, 6),
    }
