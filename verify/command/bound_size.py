"""``rproof bound``: sizes that are certified to be too small."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from constructions.errors import UsageError
from verify.command.bound_table import print_bounds
from verify.command.options import EXACT, Common, common_options
from verify.command.typed_command import keep_command
from verify.versions import versions

if TYPE_CHECKING:
    from verify.capacity.classes import ClassBound
    from verify.capacity.size_bound import SizeBound

_CLASSES = ("features", "polynomials", "trees", "boxes", "cubic-kernel", "rational-kernel", "finite-precision")

EPILOG = """\b
Examples:
  rproof bound --d 64 --eps 1/8 --error 1/10
  rproof bound --d 16 --eps 1/4 --error 1/10 --depth 5 --bits 32 --failure 1e-9 -o bounds/
  rproof bound --d 13 --points 4096 --json
  rproof bound --d 64 --eps 1/8 --error 1/10 --class all
"""


@click.command("bound", epilog=EPILOG)
@click.option("--d", "dim", type=int, required=True, help="Dimension of the input.")
@click.option("--eps", type=EXACT, help="Half the separation of the classes: the grid of the family has spacing 2 eps.")
@click.option("--points", type=int, help="Number of hard points, instead of --eps.")
@click.option(
    "--family",
    type=click.Choice(["separable", "cube"]),
    default="separable",
    show_default=True,
    help="Linearly separable grid in dimension d-1, or the full cube grid.",
)
@click.option("--error", type=EXACT, default="0", show_default=True, help="Robust error forgiven, below 1/2.")
@click.option("--depth", type=int, help="Only networks of at most this depth.")
@click.option("--bits", type=int, help="Only networks whose weights take at most 2^bits values.")
@click.option("--failure", type=EXACT, help="For a random labelling, but for this probability, e.g. 1e-9.")
@click.option("--class", "kind", type=click.Choice(["all", *_CLASSES]), help="Also bound other classes of classifiers.")
@click.option("--samples", type=int, help="Also the error that no learner avoids after so many samples.")
@click.option(
    "--mode",
    type=click.Choice(["auto", "exact", "enclosure"]),
    default="auto",
    show_default=True,
    help="Integers (up to 10^6 points), or ball arithmetic.",
)
@common_options
def command(
    common: Common,
    dim: int,
    eps: Fraction | None,
    points: int | None,
    family: str,
    error: Fraction,
    depth: int | None,
    bits: int | None,
    failure: Fraction | None,
    kind: str | None,
    samples: int | None,
    mode: str,
) -> int:
    """Certify how large a network must be to be robust on hard data.

    Prints the largest W such that every ReLU network with at most W nonzero parameters errs
    on more than the forgiven fraction of the hard points, for some labelling of them (with
    --failure: for a random one, except with that probability). Each rule that applies is
    shown with what it spends, in bits. With -o every bound gets a certificate that
    verify/certificate/count_checker.py proves again.
    """
    from verify.capacity.size_bound import certified_size_bound

    m = _points(dim, eps, points, family)
    methods = ["regions", *(["layers"] if depth else []), *(["precision"] if bits else [])]
    if failure is None:
        methods.append("double-counting")
    bounds = [certified_size_bound(m, dim, error, depth, bits, failure, method, mode) for method in methods]  # type: ignore[arg-type]
    classes = _class_bounds(kind, m, dim, error, bits, failure)
    best = max(bounds, key=lambda bound: bound.size)
    instance: dict[str, Any] = {
        "d": dim,
        "eps": None if eps is None else str(eps),
        "family": family if points is None else "given points",
        "points": str(m),
        "error": str(error),
        "depth": depth,
        "bits": bits,
        "failure": None if failure is None else str(failure),
    }
    envelope: dict[str, Any] = {
        "schema": "robustproofs/result/1",
        "verb": "bound",
        "verdict": "holds",
        "exit": 0,
        "theorem": "hard-linearly-separable-sets" if family == "separable" else "hard-separated-sets",
        "instance": instance,
        "size": str(best.size),
        "claims": [_claim(bound) for bound in bounds] + [_class_claim(entry) for entry in classes],
        "printed": _printed(dim, eps, family),
        "network": None,
        "certificate": None,
        "files": {},
        "versions": versions(),
    }
    if samples is not None:
        from verify.capacity.samples import unseen_error

        envelope["unseen_error"] = str(unseen_error(m, samples))
    if common.output is not None:
        _write_certificates(bounds, best, classes, envelope, common)
    envelope["seconds"] = round(_elapsed(common), 6)
    if common.output is not None:
        _write_result(envelope, common)
        keep_command(common.output)
    common.show(envelope, lambda: print_bounds(envelope, bounds, classes, best, common.verbose))
    return 0


def _points(dim: int, eps: Fraction | None, points: int | None, family: str) -> int:
    if dim < 1:
        raise UsageError(f"--d must be at least 1, got {dim}")
    if (eps is None) == (points is None):
        raise UsageError("give --eps or --points, one of them")
    if points is not None:
        return points
    assert eps is not None
    if not 0 < eps <= Fraction(1, 2):
        raise UsageError(f"--eps must be above 0 and at most 1/2, got {eps}; the cube holds no farther points")
    axes = dim if family == "cube" else dim - 1
    if axes < 1:
        raise UsageError("the linearly separable grid needs --d of at least 2")
    centres = int(1 / (2 * eps)) + 1
    if axes * centres.bit_length() > 14_000:
        raise UsageError(f"{centres}^{axes} points have too many digits; at most 14,000 bits are handled")
    return centres**axes


def _class_bounds(
    kind: str | None, m: int, dim: int, error: Fraction, bits: int | None, failure: Fraction | None
) -> list[ClassBound]:
    if kind is None:
        return []
    from verify.capacity.classes import certified_class_bound, certified_vc_dimension

    names = _CLASSES if kind == "all" else (kind,)
    found = [certified_class_bound(name, m, dim, error, bits, failure) for name in names]
    return [certified_vc_dimension(m, error, failure), *found]


def _claim(bound: SizeBound) -> dict[str, Any]:
    return {
        "name": f"size ({bound.method})",
        "status": "holds",
        "evidence": bound.evidence,
        "measured": str(bound.size),
        "promised": None,
        "direction": "more than",
        "method": bound.method,
        "seconds": 0.0,
        "ledger": {name: str(value) for name, value in bound.ledger.items()},
    }


def _class_claim(entry: ClassBound) -> dict[str, Any]:
    return {
        "name": f"class ({entry.name})",
        "status": "holds",
        "evidence": "enclosure",
        "measured": str(entry.value),
        "promised": None,
        "direction": "more than",
        "method": entry.parameter,
        "seconds": 0.0,
    }


def _printed(dim: int, eps: Fraction | None, family: str) -> dict[str, str] | None:
    """Return the shape the paper states, and the two exponents of 1/(2 eps)."""
    from verify.capacity.printed import printed_separated_size, printed_size

    if eps is None:
        return None
    if family == "cube":
        return {
            "size": str(printed_separated_size(dim, eps)),
            "exponent": f"{Fraction(dim, 2)}",
            "ours": f"{Fraction(dim, 2)}",
        }
    return {
        "size": str(printed_size(dim, eps)),
        "exponent": str(Fraction(dim - 1, 6)),
        "ours": str(Fraction(dim - 1, 2)),
    }


def _elapsed(common: Common) -> float:
    import time

    return time.monotonic() - common.started


def _write_certificates(
    bounds: list[SizeBound], best: SizeBound, classes: list[ClassBound], envelope: dict[str, Any], common: Common
) -> None:
    from verify.certificate.issue import recheck
    from verify.certificate.issue_count import issue_vc_bound

    folder = common.output
    assert folder is not None
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for bound in bounds:
        if bound.method != "double-counting":
            name = "certificate.json" if bound.method == best.method else f"certificate-{bound.method}.json"
            written.append(bound.certificate(folder / name))
    if classes and classes[0].value:
        written.append(issue_vc_bound(classes[0], folder / "certificate-vc-dimension.json"))
    for path in written:
        envelope["files"][path.name] = recheck(path)
    envelope["certificate"] = str(folder / "certificate.json")


def _write_result(envelope: dict[str, Any], common: Common) -> None:
    import json

    assert common.output is not None
    text = json.dumps(envelope, indent=2, ensure_ascii=False)
    (common.output / "result.json").write_text(text + "\n", encoding="utf-8")
