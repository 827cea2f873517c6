"""``rproof verify``: the robust error of a user's network, or a property of it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from constructions.errors import BudgetExceeded, UsageError
from verify.command.models import read_model
from verify.command.options import (
    BOX,
    EXACT,
    JOBS,
    MEMORY,
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

if TYPE_CHECKING:
    from constructions.network.relu_network import ReluNetwork
    from verify.robustness import RobustError

EPILOG = """\b
Examples:
  rproof verify run/network.onnx --data digits:even-odd --norm linf --radius 3/32
  rproof verify model.onnx --data points.csv --norm l1 --radius 0.05 --json -o out/
  rproof verify model.safetensors --architecture layers.json --data iris:1-2 --radius 1/20
  rproof verify acas.onnx --property prop_1.vnnlib --timeout 60
  rproof verify model.json --data hard:d=1000,eps=1/8,independence=16 --radius 1/16 --sample 100
  rproof verify model.json --sets sets.json --radius 1/8 --sample 4000 --width 1/20 --confidence 99/100
  rproof verify model.onnx --black-box --data points.csv --radius 0.05 --sample 1000 --json
  rproof verify package.module:classify --black-box --data digits:even-odd --sample 500
"""
_POINTS_SHOWN = 40


@click.command("verify", epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--data", "spec", metavar="SPEC", help="Labelled points; see rproof data --help.")
@click.option("--property", "vnnlib", type=click.Path(path_type=Path), help="Instead: a VNN-LIB file, 1.0 or 2.0.")
@click.option("--norm", type=NORM, default="linf", show_default=True, help="Norm of the perturbation.")
@click.option("--radius", type=EXACT, help="Perturbation radius, exact.")
@click.option("--domain", type=BOX, help="Range of every coordinate that also limits the attacker, e.g. 0:1.")
@click.option(
    "--method",
    default="auto",
    show_default=True,
    help="auto, votes, simplices, pieces, separable, interval, paired, affine, attack or complete.",
)
@click.option("--seconds", type=float, default=60.0, show_default=True, help="Time limit a point.")
@click.option("--trim", type=int, default=0, metavar="K", help="Drop the K points with the closest opposite point.")
@click.option("--points", metavar="A:B", help="Only the points from A up to B, counted from 0.")
@click.option("--architecture", type=click.Path(path_type=Path), help="Layers of a .safetensors file (JSON or TOML).")
@click.option("--input-shape", type=SHAPE, help="Shape of one point where the model leaves it open, e.g. 1,28,28.")
@click.option("--max-memory", type=MEMORY, help="Refuse beforehand what would need more, e.g. 12GiB.")
@click.option("-j", "--jobs", type=JOBS, help="Threads; by default one a processor.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Estimate the errors from N random points.")
@click.option("--width", type=EXACT, help="With --sample: stop early, once the limits are this close.")
@click.option("--confidence", type=EXACT, help="With --sample: confidence of the limits; 99/100 by default.")
@click.option("--sets", metavar="SPEC", help="With --sample, instead of --data: two sets, uniform by volume.")
@click.option(
    "--sampler",
    metavar="NAME",
    help="With --sample, instead of --data: package.module:name, a generator function of a seed.",
)
@click.option(
    "--black-box",
    is_flag=True,
    help="With --sample: MODEL (.onnx or package.module:name) is asked and not looked into.",
)
@common_options
def command(
    common: Common,
    model: Path,
    spec: str | None,
    vnnlib: Path | None,
    radius: Fraction | None,
    seconds: float,
    architecture: Path | None,
    input_shape: tuple[int, ...] | None,
    max_memory: int | None,
    jobs: int | None,
    sample: int | None,
    width: Fraction | None,
    confidence: Fraction | None,
    sets: str | None,
    sampler: str | None,
    black_box: bool,
    **options: Any,
) -> int:
    """Decide, exactly, on how many points a perturbation makes MODEL wrong.

    MODEL is an .onnx, .json or .safetensors file; every float in it is taken as the
    binary fraction it is. With one output labels are -1 and +1, with K outputs 0 to
    K-1, and the label's output must exceed every other. An output of exactly zero, and a
    tie, count as wrong. With -o the folder gets result.json and certificate.json.

    With --property the question is instead whether any input of the file's boxes meets
    its assertions: if none does, the property holds.

    With --sample the clean error and, with a radius, the robust error of new points are
    estimated from N independent draws: of --data, all points equally likely (hard: in any
    dimension), of --sets, or of a --sampler. A sample never says holds. A network's balls are decided exactly;
    a --black-box is attacked in its own arithmetic, and has no upper limit.
    """
    if sample is not None:
        from verify.command.sample_errors import Draws, sample_model

        _refuse_unfit((spec, sets, sampler), vnnlib, {**options, "max-memory": max_memory})
        asked = Draws(sample, width, confidence, spec or sets, sampler, black_box)
        use_workers(jobs)
        return sample_model(
            common, model, asked, options["norm"], radius, options["domain"], seconds, architecture, input_shape
        )
    if black_box or any(option is not None for option in (width, confidence, sets, sampler)):
        raise UsageError("--width, --confidence, --sets, --sampler and --black-box go with --sample N")
    if (spec is None) == (vnnlib is None):
        raise UsageError("give either --data SPEC with --radius, or --property FILE")
    if not seconds > 0:
        raise UsageError(f"--seconds must be positive, got {seconds}")
    use_workers(jobs)
    network = read_model(model, architecture, input_shape)
    _refuse_too_large(network, max_memory)
    if vnnlib is not None:
        from verify.command.verify_property import verify_property

        return verify_property(common, model, network, vnnlib, seconds, max_memory)
    if radius is None:
        raise UsageError("--radius must be given, at least 0")
    if radius < 0:
        raise UsageError(f"--radius must be at least 0, got {radius}")
    assert spec is not None
    return _verify_points(common, model, network, spec, radius, seconds, max_memory, **options)


def _verify_points(
    common: Common,
    model: Path,
    network: ReluNetwork,
    spec: str,
    radius: Fraction,
    seconds: float,
    max_memory: int | None,
    norm: str,
    domain: tuple[Fraction, Fraction] | None,
    method: str,
    trim: int,
    points: str | None,
) -> int:
    from verify.claims.robustness_claims import zero_robust_error
    from verify.command.point_table import print_points
    from verify.command.tables import print_report
    from verify.robustness import robust_error
    from verify.theorem import Report
    from verify.theorems.report_files import write_report

    data, name, dropped = load_named_data(spec, trim, norm, points)
    with ProgressBar(common.quiet) as bar:
        result = robust_error(
            network,
            data,
            norm,
            radius,
            method,
            common.seconds_to_decide,
            None if domain is None else ([domain[0]] * data.dim, [domain[1]] * data.dim),
            seed=common.seed,
            point_seconds=seconds,
            most_memory=max_memory,
            progress=bar.callback,
        )
    numbers = original_numbers(len(data), dropped, points)
    instance = {
        "model": str(model),
        "data": name,
        "points": len(data),
        "dim": data.dim,
        "norm": norm,
        "radius": str(radius),
        "domain": None if domain is None else f"{domain[0]}:{domain[1]}",
        **{status: result.count(status) for status in ("robust", "violated", "unknown")},  # type: ignore[arg-type]
    }
    report = Report(None, instance, verb="verify")
    if dropped:
        report.instance["trimmed"] = list(dropped)
    report.instance["per_point"] = _point_rows(result, numbers)
    report.network, report.result = network, result
    report.verdicts.append(zero_robust_error(result, numbers=numbers))
    report.seconds.update({"decide": result.seconds, **result.method_seconds})
    report.seconds["total"] = result.seconds
    if common.output is not None:
        write_report(report, common.output)
        keep_command(common.output)

    def show() -> None:
        rows = report.instance.pop("per_point")
        print_points(rows, _POINTS_SHOWN, common.verbose, result.method_seconds)
        print_report(report, common.verbose)

    common.show(report.to_json(), show)
    return report.exit_code


def _refuse_unfit(sources: tuple[str | None, ...], vnnlib: Path | None, options: dict[str, Any]) -> None:
    """Refuse options that mean nothing where points are drawn."""
    if sum(source is not None for source in sources) != 1 or vnnlib is not None:
        raise UsageError("--sample draws from one of --data SPEC, --sets SPEC and --sampler NAME")
    for name, default in (("method", "auto"), ("trim", 0), ("points", None), ("max-memory", None)):
        if options[name] != default:
            raise UsageError(f"--{name} has no meaning with --sample")


def _point_rows(result: RobustError, numbers: list[int]) -> list[dict[str, Any]]:
    """Return what is known of every point, ready for JSON; ``index`` is its number in the data as named."""
    rows = []
    for index, decision in enumerate(result.decisions):
        rows.append(
            {
                "index": numbers[index],
                "label": int(result.data.label_array[index]),
                "status": decision.status,
                "method": decision.method,
                "margin": None if decision.margin is None else str(decision.margin),
                "cases": decision.nodes,
            }
        )
    return rows


def _refuse_too_large(network: ReluNetwork, most: int | None) -> None:
    needed = 100 * network.size.nonzero + 16 * network.size.units
    if most is not None and needed > most:
        raise BudgetExceeded(
            f"deciding this network needs about {needed // 2**20 + 1} MiB; the budget is {most // 2**20} MiB"
        )
