"""``rproof verify``: the robust error of a user's network."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from constructions.errors import UsageError
from verify.command.models import read_model
from verify.command.options import EXACT, MEMORY, NORM, Common, common_options, load_named_data
from verify.command.progress import ProgressBar

if TYPE_CHECKING:
    from constructions.network.relu_network import ReluNetwork

EPILOG = """\b
Examples:
  rproof verify run/network.onnx --data digits:even-odd --norm linf --radius 3/32
  rproof verify model.onnx --data points.csv --norm l1 --radius 0.05 --json -o out/
"""


@click.command("verify", epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--data", "spec", required=True, metavar="SPEC", help="Labelled points; see rproof data --help.")
@click.option("--norm", type=NORM, default="linf", show_default=True, help="Norm of the perturbation.")
@click.option("--radius", type=EXACT, required=True, help="Perturbation radius, exact.")
@click.option("--method", default="auto", show_default=True, help="auto, interval, paired or attack.")
@click.option("--seconds", type=float, help="Time limit a point.")
@click.option("--trim", type=int, default=0, metavar="K", help="Drop the K points with the closest opposite point.")
@click.option("--max-memory", type=MEMORY, help="Refuse beforehand what would need more, e.g. 12GiB.")
@common_options
def command(
    common: Common,
    model: Path,
    spec: str,
    norm: str,
    radius: Fraction,
    method: str,
    seconds: float | None,
    trim: int,
    max_memory: int | None,
) -> int:
    """Decide, exactly, on how many points a perturbation makes MODEL wrong.

    MODEL is an .onnx or .json file; every float in it is taken as the binary fraction it
    is. An output of exactly zero counts as wrong. With -o the folder gets result.json
    and certificate.json.
    """
    from constructions.exact.rational import exact_fraction
    from verify.claims.robustness_claims import zero_robust_error
    from verify.command.tables import print_report
    from verify.robustness import robust_error
    from verify.theorem import Report
    from verify.theorems.registry import write_report

    if radius < 0:
        raise UsageError(f"--radius must be at least 0, got {radius}")
    if seconds is not None and seconds <= 0:
        raise UsageError(f"--seconds must be positive, got {seconds}")
    data, name, dropped = load_named_data(spec, trim, norm)
    network = read_model(model)
    _refuse_too_large(network, max_memory)
    limits = [
        limit for limit in (common.seconds_left, None if seconds is None else seconds * len(data)) if limit is not None
    ]
    with ProgressBar(common.quiet) as bar:
        result = robust_error(
            network,
            data,
            norm,
            exact_fraction(radius, "radius"),
            method,
            min(limits, default=None),
            seed=common.seed,
            progress=bar.callback,
        )
    counts = {status: result.count(status) for status in ("robust", "violated", "unknown")}  # type: ignore[arg-type]
    instance = {
        "model": str(model),
        "data": name,
        "points": len(data),
        "dim": data.dim,
        "norm": norm,
        "radius": str(radius),
    }
    report = Report(None, {**instance, **counts}, verb="verify")
    if dropped:
        report.instance["trimmed"] = list(dropped)
    report.network, report.result = network, result
    report.verdicts.append(zero_robust_error(result))
    report.seconds["decide"] = result.seconds
    if common.output is not None:
        write_report(report, common.output)
    common.show(report.to_json(), lambda: print_report(report, common.verbose))
    return report.exit_code


def _refuse_too_large(network: ReluNetwork, most: int | None) -> None:
    from constructions.errors import BudgetExceeded

    needed = 100 * network.size.nonzero + 16 * network.size.units
    if most is not None and needed > most:
        raise BudgetExceeded(
            f"deciding this network needs about {needed // 2**20 + 1} MiB; the budget is {most // 2**20} MiB"
        )
