"""``rproof data``: what a specification contains."""

from __future__ import annotations

from typing import Any

import click

from verify.command.options import Common, common_options, load_named_data

EPILOG = """\b
Examples:
  rproof data digits:even-odd
  rproof data random:n=64,d=8,levels=16,seed=0
  rproof data points.csv --trim 3
"""


@click.command("data", epilog=EPILOG)
@click.argument("spec")
@click.option("--trim", type=int, default=0, metavar="K", help="Drop the K points with the closest opposite point.")
@click.option("--norm", type=click.Choice(["linf", "l1", "l2"]), default="linf", help="Norm that --trim ranks by.")
@common_options
def command(common: Common, spec: str, trim: int, norm: str) -> int:
    """Show points, classes, and the exact distance between classes in every norm.

    SPEC is digits:even-odd, digits:3-8, breast-cancer, wine:0-1, iris:1-2, karate,
    random:n=..,d=..,levels=..,seed=.., hard:d=..,eps=..,seed=.., a .csv file (last column label)
    or an .npz file.
    """
    data, name, dropped = load_named_data(spec, trim, norm)
    separations = {norm: _separation(data, norm) for norm in ("linf", "l1", "l2")}
    envelope: dict[str, Any] = {
        "schema": "robustproofs/data/1",
        "data": name,
        "points": len(data),
        "dim": data.dim,
        "scale": data.scale,
        "classes": {str(label): int(data.indices(label).size) for label in data.classes},
        "trimmed": list(dropped),
        "conflicting_duplicates": [list(pair) for pair in data.conflicting_duplicates()],
        "separation": separations,
        "sha256": data.digest(),
    }
    common.show(envelope, lambda: _print(envelope))
    return 0


def _separation(data: Any, norm: str) -> dict[str, Any] | None:
    closest = data.closest_opposite_pairs(norm)
    if closest is None:
        return None
    entry: dict[str, Any] = {"pairs": [list(pair) for pair in closest.pairs]}
    if norm == "l2":
        return {"squared_distance": str(closest.distance), **entry}
    eps = closest.distance / 2
    return {
        "distance": str(closest.distance),
        "eps": str(eps),
        "radius_limit_printed": str(eps / 2),
        "radius_limit_corrected": str(eps),
        **entry,
    }


def _print(envelope: dict[str, Any]) -> None:
    counts = ", ".join(f"{label}: {count}" for label, count in envelope["classes"].items())
    click.echo(f"{envelope['data']}: {envelope['points']} points in dimension {envelope['dim']}, labels {{{counts}}}")
    click.echo(f"coordinates are multiples of 1/{envelope['scale']}")
    if envelope["trimmed"]:
        click.echo(f"trimmed points: {', '.join(map(str, envelope['trimmed']))}")
    for norm, entry in envelope["separation"].items():
        if entry is None:
            click.echo(f"{norm}: one class only")
            continue
        pairs = ", ".join(f"{i}-{j}" for i, j in entry["pairs"][:5]) + (" ..." if len(entry["pairs"]) > 5 else "")
        if norm == "l2":
            click.echo(f"l2: squared separation {entry['squared_distance']}, closest pairs {pairs}")
        else:
            printed = f"as printed needs a radius below {entry['radius_limit_printed']}, "
            needs = f"{printed}corrected" if norm == "linf" else "corrected needs a radius"
            click.echo(
                f"{norm}: separation {entry['distance']}, eps {entry['eps']}; Theorem 2.2 {needs} "
                f"below {entry['radius_limit_corrected']}; closest pairs {pairs}"
            )
    if envelope["conflicting_duplicates"]:
        pairs = ", ".join(f"{i}-{j}" for i, j in envelope["conflicting_duplicates"])
        click.echo(f"equal points with different labels: {pairs}")
