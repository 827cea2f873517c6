"""``rproof landscape``: sizes of every memorizer beside every lower bound."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

import click

from constructions.errors import TimeLimit, UsageError
from verify.command.options import NORM, Common, common_options, load_named_data
from verify.command.outcome import UNKNOWN
from verify.command.progress import ProgressBar
from verify.versions import versions

if TYPE_CHECKING:
    from verify.report.landscape.decisions import Decision
    from verify.report.landscape.setting import Setting
    from verify.report.landscape.sizes import Landscape

EPILOG = """\b
Examples:
  rproof landscape --data digits:even-odd --norm linf -o landscape/
  rproof landscape --data random:n=64,d=8,levels=16,seed=0 --norm l2 --ratios 1/100,1/2,9/10 --build
  rproof landscape --n 1000000 --d 10000 --norm l2 --json
"""

Item = TypeVar("Item")


class Ratios(click.ParamType):
    """Exact numbers between commas: 1/10,1/2,0.9."""

    name = "p/q,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Fraction, ...]:
        """Read every number exactly."""
        from constructions.exact.rational import parse_fraction

        try:
            return tuple(parse_fraction(part.strip(), "ratio") for part in str(value).split(","))
        except UsageError as error:
            self.fail(str(error), param, ctx)


@click.command("landscape", epilog=EPILOG)
@click.option("--data", "spec", metavar="SPEC", help="Labelled points; see rproof data --help.")
@click.option("--n", "points", type=int, help="All data sets of this many points, instead of --data.")
@click.option("--d", "dim", type=int, help="Dimension of all these data sets.")
@click.option("--norm", type=NORM, default="linf", show_default=True, help="Norm of the perturbation.")
@click.option("--ratios", type=Ratios(), help="Radius over eps, each between 0 and 1; twelve by default.")
@click.option("--trim", type=int, default=0, metavar="K", help="Drop the K points with the closest opposite point.")
@click.option("--build", is_flag=True, help="Build the smallest network at each ratio and decide it exactly.")
@common_options
def command(
    common: Common,
    spec: str | None,
    points: int | None,
    dim: int | None,
    norm: str,
    ratios: tuple[Fraction, ...] | None,
    trim: int,
    build: bool,
) -> int:
    """Set the size of every robust memorizer beside every lower bound, ratio by ratio.

    With --data the sizes are those of networks for these points, counted in closed form.
    With --n and --d they suffice for every data set of so many points. A lower bound says
    that some data set of so many points needs more. No size for every data set may be at or
    below a bound on the same count: that is compared, and exit code 1 would name the pair.
    With -o the folder gets landscape.json, .csv, .tex, .pdf and .png.
    """
    from verify.command.landscape_table import print_landscape
    from verify.report.landscape.decisions import decide_smallest
    from verify.report.landscape.sizes import count_entries, landscape_of, lower_bounds

    setting = _setting(spec, points, dim, norm, ratios, trim, build)
    deadline = _deadline(common)
    with ProgressBar(common.quiet) as bar:
        bounds = lower_bounds(setting)
        landscape = landscape_of(setting, _in_time(count_entries(setting, bar.callback), deadline), bounds)
        decisions: list[Decision] = []
        if build:
            left = (lambda: None) if deadline is None else (lambda: max(0.0, deadline - time.monotonic()))
            decisions = _in_time(decide_smallest(landscape, left, common.seed, bar.callback), deadline)
    files, drawn = _files(landscape, decisions, common)
    claims = _claims(landscape, decisions, build)
    envelope = _envelope(landscape, decisions, claims, files, drawn, common)
    if common.quiet and envelope["exit"] and not common.as_json:
        open_claims = (f"{claim['name']}: {claim['detail']}" for claim in claims if claim["status"] != "holds")
        click.echo(f"rproof: {envelope['verdict']}; {'; '.join(open_claims)}", err=True)

    def lines() -> None:
        print_landscape(landscape, decisions, common.verbose)
        click.echo(f"sandwich: {claims[0]['detail']}")
        for path in files.values():
            click.echo(path)
        if not drawn:
            click.echo("no time was left for the figure")

    common.show(envelope, lines)
    return int(envelope["exit"])


def _setting(
    spec: str | None,
    points: int | None,
    dim: int | None,
    norm: str,
    ratios: tuple[Fraction, ...] | None,
    trim: int,
    build: bool,
) -> Setting:
    from verify.report.landscape.setting import Setting

    if spec is not None:
        if points is not None or dim is not None:
            raise UsageError("give --data, or --n and --d, not both")
        data, name, _ = load_named_data(spec, trim, norm)
        return Setting.of_data(data, name, norm, ratios)
    if points is None or dim is None:
        raise UsageError("give --data SPEC, or --n and --d for every data set of that size")
    if build or trim:
        raise UsageError("--build and --trim need the points of --data")
    return Setting.of_sizes(points, dim, norm, ratios)


def _deadline(common: Common) -> float | None:
    """Return when counting and deciding must stop, some time being kept for the files."""
    if common.timeout is None:
        return None
    kept = 0.0 if common.output is None else min(3.0, common.timeout / 2)
    return common.started + common.timeout - kept


def _in_time(items: Iterator[Item], deadline: float | None) -> list[Item]:
    """Return the items that come before the deadline; one that is under way when time is up is lost."""
    found: list[Item] = []
    try:
        while deadline is None or time.monotonic() < deadline:
            found.append(next(items))
    except (StopIteration, TimeLimit):
        pass
    return found


def _files(landscape: Landscape, decisions: list[Decision], common: Common) -> tuple[dict[str, str], bool]:
    """Write the files; say also whether there was time for all of them."""
    from verify.report.landscape.files import writers

    files: dict[str, str] = {}
    try:
        for write in [] if common.output is None else writers([landscape], common.output, decisions):
            files |= {path.name: str(path) for path in write()}
    except TimeLimit:
        return files, False
    return files, True


def _claims(landscape: Landscape, decisions: list[Decision], build: bool) -> list[dict[str, Any]]:
    claims = [_sandwich(landscape)]
    if landscape.uncounted:
        left = ", ".join(f"{name} at {ratio}" for ratio, name in landscape.uncounted)
        claims.append(_claim("counted", "unknown", f"no time was left for {left}"))
    for entry in decisions:
        status = {"robust": "holds", "violated": "violated"}.get(entry.status, "unknown")
        measured = {"holds": "0", "violated": "above 0"}.get(status)
        claims.append(
            _claim(f"robust_error ({entry.name}, {entry.ratio})", status, entry.detail, measured, "0", "equal")
        )
        if not entry.fits:
            claims.append(_claim(f"count ({entry.name}, {entry.ratio})", "violated", "the closed form is wrong"))
    ratios = [row.ratio for row in landscape.rows if row.smallest() is not None] if build else []
    for ratio in ratios:
        if all(entry.ratio != ratio for entry in decisions):
            claims.append(_claim(f"robust_error ({ratio})", "unknown", "no time was left"))
    return claims


def _sandwich(landscape: Landscape) -> dict[str, Any]:
    """Compare what suffices for every data set with what is too small for some."""
    inversions, least = landscape.inversions, landscape.least_ratio
    if inversions:
        detail = "; ".join(map(str, inversions))
    elif least is None:
        detail = "no lower bound above 0 is covered here"
    else:
        whole, rest = divmod(int(least * 1000), 1000)
        detail = (
            f"every size that suffices for all such data is at least {whole:,}.{rest:03d} times any that is too small"
        )
    exact = all(
        bound.certified is None or bound.certified.evidence == "exact" for row in landscape.rows for bound in row.bounds
    )
    measured = None if least is None else str(least)
    claim = _claim("sandwich", "violated" if inversions else "holds", detail, measured, "1", "more than")
    return {**claim, "evidence": "exact" if exact else "enclosure", "method": "comparison"}


def _claim(
    name: str,
    status: str,
    detail: str,
    measured: str | None = None,
    promised: str | None = None,
    direction: str | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "status": status,
        "evidence": "exact",
        "measured": measured,
        "promised": promised,
        "direction": direction,
        "method": "auto" if name.startswith("robust_error") else "closed form",
        "seconds": 0.0,
        "detail": detail,
    }


def _envelope(
    landscape: Landscape,
    decisions: list[Decision],
    claims: list[dict[str, Any]],
    files: dict[str, str],
    drawn: bool,
    common: Common,
) -> dict[str, Any]:
    from verify.report.landscape.documents import document, instance_of

    statuses = [claim["status"] for claim in claims]
    verdict = "violated" if "violated" in statuses else "holds" if drawn and "unknown" not in statuses else "unknown"
    return {
        "schema": "robustproofs/result/1",
        "verb": "landscape",
        "verdict": verdict,
        "exit": {"violated": 1, "holds": 0, "unknown": UNKNOWN}[verdict],
        "theorem": f"robust-memorization-{landscape.setting.norm}",
        "instance": instance_of(landscape.setting),
        "claims": claims,
        "network": None,
        "certificate": None,
        "landscape": document(landscape, decisions),
        "files": files,
        "seconds": round(time.monotonic() - common.started, 6),
        "versions": versions(),
    }
