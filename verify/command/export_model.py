"""``rproof export``: a network in another format."""

from __future__ import annotations

from pathlib import Path

import click

from constructions.errors import UsageError
from verify.command.models import read_model
from verify.command.options import Common, common_options
from verify.versions import versions

EPILOG = """\b
Examples:
  rproof export run/network.json --to onnx -o out/
  rproof export model.onnx --to json -o out/
"""


@click.command("export", epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--to", "kind", type=click.Choice(["onnx", "json"]), default="onnx", show_default=True, help="Format to write."
)
@common_options
def command(common: Common, model: Path, kind: str) -> int:
    """Write MODEL (.onnx or .json) in another format, losing nothing.

    onnx holds the integer network of the same sign, its scale recorded, in float32 or
    float64, whichever is exact; json is lossless.
    """
    from dataclasses import asdict

    network = read_model(model)
    folder = common.output or model.parent
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{model.stem}.{kind}"
    if target.resolve() == model.resolve():
        raise UsageError(f"{target} is the model itself; give -o DIR")
    if kind == "onnx":
        network.to_onnx(target)
    else:
        network.save(target)
    envelope = {
        "schema": "robustproofs/result/1",
        "verb": "export",
        "verdict": "holds",
        "exit": 0,
        "theorem": None,
        "instance": {"model": str(model), "format": kind, "file": str(target)},
        "claims": [],
        "network": asdict(network.size),
        "certificate": None,
        "seconds": 0.0,
        "versions": versions(),
    }
    common.show(envelope, lambda: click.echo(f"wrote {target}"))
    return 0
