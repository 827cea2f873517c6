"""``rproof check``: a statement of the paper on an instance."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from verify.command.models import read_model
from verify.command.options import EXACT, MEMORY, NORM, Common, common_options, load_named_data
from verify.command.progress import ProgressBar
from verify.command.typed_command import keep_command

EPILOG = """\b
Examples:
  rproof check 2.2 --data digits:even-odd --radius 3/32 -o run/
  rproof check robust-memorization-linf --data digits:3-8 --ratio 9/10
  rproof check robust-memorization-l1 --data breast-cancer --json
  rproof check 1.1 --data wine:0-1 --eps 1/100
  rproof check robust-test-error --data iris:1-2 --weights weights.csv --radius 1/50
  rproof check hard-linearly-separable-sets --d 8 --eps 1/4 --error 1/10 -o run/
  rproof check memorization-size-bound-l2 --n 64 --d 16 --ratio 49/50
  rproof check robust-overfitting --d 4 --eps 1/4 --samples 10
  rproof check robust-classifier-on-manifold --manifold sphere:k=2 --eps 1/8
"""


@click.command("check", epilog=EPILOG)
@click.argument("theorem")
@click.option("--data", "spec", metavar="SPEC", help="Labelled points; see rproof data --help.")
@click.option("--sets", metavar="SPEC", help="Two sets: FILE.json, boxes:n=4,d=2,levels=8,seed=0, or points as above.")
@click.option(
    "--weights", metavar="FILE", help="csv, one column weight: of the points of --data, or the pieces of --sets."
)
@click.option("--distribution", metavar="FILE", help="JSON: boxes or points with labels and probabilities.")
@click.option(
    "--instance",
    type=click.Choice(["default", "erratum"]),
    default="default",
    help="erratum: where a printed statement fails.",
)
@click.option("--norm", type=NORM, help="Norm of the perturbation; linf unless the statement fixes it.")
@click.option("--radius", type=EXACT, help="Perturbation radius, exact.")
@click.option("--ratio", "--c", "ratio", type=EXACT, help="Radius over eps, instead of a radius; 3/7 by default.")
@click.option("--eps", type=EXACT, help="Half the separation to assume; half the exact separation by default.")
@click.option(
    "--construction", metavar="NAME", help="A name that the default run lists, or all; the smallest by default."
)
@click.option("--network", "model", type=click.Path(path_type=Path), help="Judge this network instead of building one.")
@click.option("--d", "dim", type=int, help="Dimension, where the statement makes its own points.")
@click.option("--n", "points", type=int, help="Number of points, where the statement makes its own points.")
@click.option("--error", type=EXACT, help="Robust error that a size bound forgives; 1/10 by default.")
@click.option("--depth", type=int, help="Size bounds for networks of at most this depth.")
@click.option("--bits", type=int, help="Size bounds for weights of at most 2^bits values.")
@click.option("--failure", type=EXACT, help="Size bounds for a random labelling, but for this probability.")
@click.option("--block-length", type=int, help="Labels per block of the bit-extraction network.")
@click.option("--mu", type=EXACT, help="Every point has at least mu times the uniform mass.")
@click.option("--samples", type=int, help="Number of training points.")
@click.option("--accuracy", type=EXACT, help="Clean error to be reached (beta).")
@click.option("--confidence", type=EXACT, help="Probability of not reaching it (delta).")
@click.option("--manifold", metavar="SPEC", help="Where the sets lie: axis-plane:k=2,d=4, torus:k=2,radius=1/2, ...")
@click.option("--balls", type=int, help="Balls sampled where an instance is too large to decide whole; 64 by default.")
@click.option("--trim", type=int, default=0, metavar="K", help="Drop the K points with the closest opposite point.")
@click.option("--max-memory", type=MEMORY, help="Refuse beforehand what would need more, e.g. 12GiB.")
@common_options
def command(
    common: Common,
    theorem: str,
    spec: str | None,
    sets: str | None,
    weights: str | None,
    distribution: str | None,
    instance: str,
    norm: str | None,
    radius: Fraction | None,
    ratio: Fraction | None,
    eps: Fraction | None,
    construction: str | None,
    model: Path | None,
    dim: int | None,
    points: int | None,
    error: Fraction | None,
    depth: int | None,
    bits: int | None,
    failure: Fraction | None,
    block_length: int | None,
    mu: Fraction | None,
    samples: int | None,
    accuracy: Fraction | None,
    confidence: Fraction | None,
    manifold: str | None,
    balls: int | None,
    trim: int,
    max_memory: int | None,
) -> int:
    """Check THEOREM on an instance.

    THEOREM is a word id (the corrected statement) or a number of the paper (the statement
    as printed); see rproof list. Hypotheses are checked first and named when they fail.
    With -o the folder gets result.json, network.json, network.onnx and, where a
    checker knows the claims, certificate.json.
    """
    from verify.command.tables import print_report
    from verify.theorems.memorization import DEFAULT_DATA
    from verify.theorems.registry import check, find_theorem

    data: Any = None
    name: str | None = None
    dropped: tuple[int, ...] = ()
    statement = find_theorem(theorem)
    options = statement.options
    if spec is not None or trim or ("data" in options and "sets" not in options):
        data, name, dropped = load_named_data(spec or statement.default_data or DEFAULT_DATA, trim, norm or "linf")
    with ProgressBar(common.quiet) as bar:
        report = check(
            theorem,
            data=data,
            data_name=name,
            sets=sets,
            weights=weights,
            distribution=distribution,
            instance=instance,
            norm=norm,
            radius=radius,
            ratio=ratio,
            eps=eps,
            construction=construction,
            network=None if model is None else read_model(model, None, None),
            dim=dim,
            points=points,
            error=error,
            depth=depth,
            weight_bits=bits,
            failure=failure,
            block_length=block_length,
            mu=mu,
            samples=samples,
            accuracy=accuracy,
            confidence=confidence,
            manifold=manifold,
            balls=balls,
            output=common.output,
            seconds=common.seconds_to_decide,
            seed=common.seed,
            most_memory=max_memory,
            progress=bar.callback,
        )
    if dropped:
        report.instance["trimmed"] = list(dropped)
    if common.quiet and report.exit_code and not common.as_json:
        reasons = (f"{verdict.name}: {verdict.detail}" for verdict in report.verdicts if verdict.status != "holds")
        click.echo(f"rproof: {report.verdict}; {'; '.join(reasons)}", err=True)
    if common.output is not None:
        keep_command(common.output)
    common.show(report.to_json(), lambda: print_report(report, common.verbose))
    return report.exit_code
