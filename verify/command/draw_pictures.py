"""``rproof draw``: pictures of statements, of networks, and of the whole gallery."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from constructions.errors import UsageError
from verify.command.models import ENDINGS, read_model
from verify.command.options import EXACT, NORM, Common, common_options, load_named_data
from verify.versions import versions

if TYPE_CHECKING:
    from constructions.data.labelled_points import LabelledPoints
    from verify.report.pictures.instance_pictures import InstancePicture
    from verify.report.pictures.planes import Plane
    from verify.theorem import Report

EPILOG = """\b
Examples:
  rproof draw 2.2
  rproof draw robust-memorization-l2 --construction sawtooth --ratio 9/10 -o pictures/
  rproof draw 3.2 --instance erratum --norm l1
  rproof draw network.onnx --data points.csv --norm l2 --radius 1/10
  rproof draw network.json --data digits:3-8 --radius 3/32 --slice 20,44 --through 7
  rproof draw network.json --data digits:3-8 --radius 3/32 --plane 0,1,2
  rproof draw --gallery -o pictures/
  rproof draw --gallery cells shifted-cells
"""


class Indices(click.ParamType):
    """Numbers from 0 between commas: 3,17."""

    name = "i,j,..."

    def __init__(self, count: int) -> None:
        self.count = count

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Read the numbers."""
        parts = [part.strip() for part in str(value).split(",")]
        if len(parts) != self.count or not all(part.isdigit() for part in parts):
            self.fail(
                f"{value!r} is not {self.count} numbers such as {','.join(map(str, range(self.count)))}", param, ctx
            )
        return tuple(int(part) for part in parts)


@dataclass(frozen=True, slots=True)
class Section:
    """Which plane to show: two coordinates through a point, three points, or all of it."""

    axes: tuple[int, ...] | None
    through: int
    corners: tuple[int, ...] | None

    def plane(self, data: LabelledPoints) -> Plane | None:
        """Return the plane among these points, ``None`` for all of it.

        Raises:
            UsageError: there is no such point or coordinate, or the points lie on a line.
        """
        from verify.report.pictures.planes import Plane

        for index in (self.through, *(self.corners or ())):
            if not 0 <= index < len(data):
                raise UsageError(f"there is no point {index}; the points are 0 to {len(data) - 1}")
        if self.axes is not None:
            return Plane.along_axes(data.point(self.through), *self.axes)
        if self.corners is not None:
            points = [data.point(index) for index in self.corners]
            return Plane.through(points, [f"point {index}" for index in self.corners])
        return None


@click.command("draw", epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[THEOREM | MODEL | PICTURE...]")
@click.option("--gallery", is_flag=True, help="Draw the gallery: all of its pictures, or those named.")
@click.option("--data", "--points", "spec", metavar="SPEC", help="Labelled points: a file, or see rproof data --help.")
@click.option("--sets", metavar="SPEC", help="Two sets: FILE.json, boxes:n=4,d=2,levels=8,seed=0, or points as above.")
@click.option(
    "--instance",
    type=click.Choice(["default", "erratum"]),
    default="default",
    help="erratum: where a printed statement fails.",
)
@click.option("--norm", type=NORM, help="Norm of the perturbation; linf unless the statement fixes it.")
@click.option("--radius", type=EXACT, help="Perturbation radius, exact.")
@click.option("--ratio", "--c", "ratio", type=EXACT, help="Radius over eps, instead of a radius.")
@click.option("--eps", type=EXACT, help="Half the separation to assume.")
@click.option("--construction", metavar="NAME", help="Which construction to draw; the smallest by default.")
@click.option("--d", "dim", type=int, help="Dimension, where the statement makes its own points; 2 by default.")
@click.option("--samples", type=int, help="Number of training points.")
@click.option("--manifold", metavar="SPEC", help="Where the sets lie; a circle by default.")
@click.option("--slice", "axes", type=Indices(2), help="Show two coordinates, counted from 0, through a point.")
@click.option("--through", type=int, default=0, show_default=True, help="The point that --slice goes through.")
@click.option("--plane", "corners", type=Indices(3), help="Show the plane through three points, counted from 0.")
@click.option("--seconds", type=float, default=10.0, show_default=True, help="Time limit a point of a MODEL.")
@common_options
def command(
    common: Common,
    names: tuple[str, ...],
    gallery: bool,
    spec: str | None,
    axes: tuple[int, ...] | None,
    through: int,
    corners: tuple[int, ...] | None,
    seconds: float,
    **instance: Any,
) -> int:
    """Draw THEOREM on an instance, or MODEL on labelled points, into pictures/ or -o DIR.

    The picture has the value of the network as colours, its zero line, the points by label,
    their balls, and an exact wrong point of every ball that has one. It is decided first, so
    the exit code is that of check or verify. The zero line is exact; where a network has too
    many linear pieces for that it is traced on a grid, and the legend says so. One dimension
    gives a graph; more than two need --slice or --plane.
    """
    folder = Path("pictures") if common.output is None else common.output
    if gallery:
        return _draw_gallery(common, names, folder)
    if len(names) != 1:
        raise UsageError("name one THEOREM or MODEL, or give --gallery; see rproof draw --help")
    if axes is not None and corners is not None:
        raise UsageError("give --slice or --plane, not both")
    (name,), section = names, Section(axes, through, corners)
    if Path(name).suffix.lower() in ENDINGS:
        return _draw_model(common, Path(name), spec, section, seconds, folder, instance)
    return _draw_theorem(common, name, spec, section, folder, instance)


def _draw_gallery(common: Common, names: tuple[str, ...], folder: Path) -> int:
    from verify.report.pictures.gallery import GALLERY, write_picture

    files: dict[str, str] = {}
    for name in names or [picture.name for picture in GALLERY]:
        written = write_picture(name, folder)
        files |= {path.name: str(path) for path in written}
        if not (common.as_json or common.quiet):
            click.echo(str(folder / f"{name}.png"))
    envelope = _envelope(common, "holds", 0, None, {"gallery": list(names), "folder": str(folder)}, [], files)
    common.show(envelope, lambda: None)
    return 0


def _draw_model(
    common: Common,
    path: Path,
    spec: str | None,
    section: Section,
    seconds: float,
    folder: Path,
    instance: dict[str, Any],
) -> int:
    from verify.claims.robustness_claims import zero_robust_error
    from verify.report.pictures.instance_pictures import picture_of_result
    from verify.robustness import robust_error
    from verify.verdict import EXIT_CODES

    norm, radius = instance["norm"] or "linf", instance["radius"]
    unfit = [
        name for name, value in instance.items() if value not in (None, "default") and name not in ("norm", "radius")
    ]
    if unfit:
        raise UsageError(f"a MODEL is drawn with --data, --norm and --radius, not --{unfit[0]}")
    if spec is None or radius is None:
        raise UsageError("a MODEL needs --data SPEC and --radius R")
    if radius < 0:
        raise UsageError(f"--radius must be at least 0, got {radius}")
    data, name, _ = load_named_data(spec, 0, norm)
    network = read_model(path, None, None)
    plane = section.plane(data)
    result = robust_error(
        network, data, norm, radius, seconds=common.seconds_left, seed=common.seed, point_seconds=seconds
    )
    verdict = zero_robust_error(result)
    picture = picture_of_result(result, _plain(f"{path.name}: robust error {verdict.measured}"), plane)
    described = {"model": str(path), "data": name, "norm": norm, "radius": str(radius)}
    return _write(
        common, picture, folder, path.stem, verdict.status, EXIT_CODES[verdict.status], None, described,
        [verdict.to_json()],
    )  # fmt: skip


def _draw_theorem(
    common: Common,
    theorem: str,
    spec: str | None,
    section: Section,
    folder: Path,
    instance: dict[str, Any],
) -> int:
    from constructions.sets.sources import load_sets
    from verify.report.pictures.instance_pictures import check_in_the_plane, picture_of_report
    from verify.theorems.registry import find_theorem

    statement = find_theorem(theorem)
    named = {} if spec is None else {"data": spec, "data_name": spec}
    report = check_in_the_plane(theorem, **named, **instance, seconds=common.seconds_left, seed=common.seed)
    if report.verdict == "inapplicable":
        return _say_why_not(common, report)
    asked = report.instance.get("sets") if "sets" in statement.options else None
    sets = load_sets(asked) if asked is not None and instance["instance"] == "default" else None
    data = None if report.result is None else report.result.data
    plane = None if data is None else section.plane(data)
    picture = picture_of_report(report, sets, plane)
    claims = [verdict.to_json() for verdict in report.verdicts]
    return _write(
        common, picture, folder, statement.id, report.verdict, report.exit_code, statement.id, report.instance, claims
    )


def _write(
    common: Common,
    picture: InstancePicture,
    folder: Path,
    name: str,
    verdict: str,
    code: int,
    theorem: str | None,
    instance: dict[str, Any],
    claims: list[dict[str, Any]],
) -> int:
    from verify.report.pictures.instance_pictures import write_instance

    files = {path.name: str(path) for path in write_instance(picture, folder, name)}
    shown = picture.describe()
    envelope = _envelope(common, verdict, code, theorem, instance, claims, files) | {"picture": shown}

    def lines() -> None:
        for path in files.values():
            click.echo(path)
        pieces = f", {shown['linear_pieces']} linear pieces" if shown.get("linear_pieces") else ""
        click.echo(f"zero line: {shown['zero_line']}{pieces}")
        for point in shown.get("wrong_points", []):
            click.echo(f"exact wrong point: ({', '.join(point)})")
        if shown.get("wrong_points_beside_the_plane"):
            click.echo(f"{shown['wrong_points_beside_the_plane']} wrong points lie beside the plane and are not shown")
        click.echo(f"verdict: {verdict}")

    common.show(envelope, lines)
    return code


def _say_why_not(common: Common, report: Report) -> int:
    reasons = [f"{verdict.name}: {verdict.detail}" for verdict in report.verdicts if verdict.status == "inapplicable"]
    click.echo(f"rproof: nothing drawn; {'; '.join(reasons)}", err=True)
    claims = [verdict.to_json() for verdict in report.verdicts]
    common.show(_envelope(common, "inapplicable", 4, report.theorem, report.instance, claims, {}), lambda: None)
    return 4


def _plain(text: str) -> str:
    """Return a text that matplotlib does not take for a formula."""
    return text.replace("$", r"\$")


def _envelope(
    common: Common,
    verdict: str,
    code: int,
    theorem: str | None,
    instance: dict[str, Any],
    claims: list[dict[str, Any]],
    files: dict[str, str],
) -> dict[str, Any]:
    return {
        "schema": "robustproofs/result/1",
        "verb": "draw",
        "verdict": verdict,
        "exit": code,
        "theorem": theorem,
        "instance": instance,
        "claims": claims,
        "network": None,
        "certificate": None,
        "files": files,
        "seconds": round(time.monotonic() - common.started, 6),
        "versions": versions(),
    }
