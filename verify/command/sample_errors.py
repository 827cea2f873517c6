"""``rproof verify --sample``: clean and robust error of new points, estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructions.errors import UsageError
from verify.command.models import read_model, refuse_pickle
from verify.command.options import Common
from verify.command.progress import ProgressBar
from verify.command.typed_command import keep_command

if TYPE_CHECKING:
    from constructions.data.sampler import Sampler
    from verify.generalization.error_estimate import ErrorEstimate


@dataclass(frozen=True, slots=True)
class Draws:
    """What is drawn, and how much of it.

    Attributes:
        samples: points, or points at most.
        width: at which the sampling ends.
        confidence: of the limits, ``None`` for 99/100.
        spec: of the distribution, or
        sampler: the name of a user's.
        black_box: only ask the model.
    """

    samples: int
    width: Fraction | None
    confidence: Fraction | None
    spec: str | None
    sampler: str | None
    black_box: bool

    @property
    def failure(self) -> Fraction:
        """The probability with which the limits may miss.

        Raises:
            UsageError: the confidence is not in (0, 1).
        """
        if self.confidence is None:
            return Fraction(1, 100)
        if not 0 < self.confidence < 1:
            raise UsageError(f"--confidence must lie in (0, 1), got {self.confidence}")
        return 1 - self.confidence


def sample_model(
    common: Common,
    model: Path,
    draws: Draws,
    norm: str,
    radius: Fraction | None,
    domain: tuple[Fraction, Fraction] | None,
    seconds: float,
    architecture: Path | None,
    input_shape: tuple[int, ...] | None,
) -> int:
    """Estimate the errors of a model and report them; the exit code is 1 or 3, never 0.

    Raises:
        UsageError: an option does not fit.
    """
    from verify.claims.generalization_claims import sampled_test_error, zero_sampled_error
    from verify.command.tables import print_report
    from verify.generalization.sampled_error import sampled_error, sampled_robust_error
    from verify.theorem import Report

    if radius is not None and radius < 0:
        raise UsageError(f"--radius must be at least 0, got {radius}")
    classifier = _classifier(model, draws.black_box, architecture, input_shape)
    sampler = _sampler(draws)
    options: dict[str, Any] = {
        "samples": draws.samples,
        "width": draws.width,
        "failure": draws.failure,
        "seed": common.seed,
    }
    found: dict[str, ErrorEstimate] = {}
    with ProgressBar(common.quiet) as bar:
        found["clean_error"] = sampled_error(
            classifier, sampler, seconds=_share(common, radius), progress=bar.callback, **options
        )
        if radius is not None:
            dim = sampler.draw(1, 0).dim
            found["robust_error"] = sampled_robust_error(
                classifier,
                sampler,
                norm,
                radius,
                seconds=common.seconds_left,
                point_seconds=seconds,
                domain=None if domain is None else ([domain[0]] * dim, [domain[1]] * dim),
                progress=bar.callback,
                **options,
            )
    instance = {
        "model": str(model),
        "black_box": draws.black_box,
        "drawn from": draws.spec or draws.sampler,
        "norm": norm if radius is not None else None,
        "radius": None if radius is None else str(radius),
        "domain": None if domain is None else f"{domain[0]}:{domain[1]}",
        "width": None if draws.width is None else str(draws.width),
        "confidence": str(1 - draws.failure),
        "seed": common.seed,
    }
    report = Report(None, instance, verb="verify")
    for name, estimate in found.items():
        report.verdicts += [zero_sampled_error(estimate, name), sampled_test_error(estimate, f"{name}_estimate")]
        report.seconds[name] = estimate.seconds
        report.instance[f"{name}_sample"] = _record(estimate)
    if not draws.black_box:
        report.network = classifier
    if common.output is not None:
        report.save(common.output)
        keep_command(common.output)

    def show() -> None:
        for name in found:
            report.instance.pop(f"{name}_sample")
        print_report(report, common.verbose)

    common.show(report.to_json(), show)
    return report.exit_code


def _classifier(model: Path, is_black_box: bool, architecture: Path | None, input_shape: Sequence[int] | None) -> Any:
    """Return the exact network of a file, or the black box of an .onnx file or an importable name."""
    from verify.black_boxes.sources import black_box, imported

    if not is_black_box:
        return read_model(model, architecture, input_shape)
    if architecture is not None:
        raise UsageError("--architecture has no meaning with --black-box")
    if ":" in model.name and not model.exists():
        return black_box(imported(str(model)), input_shape)
    if model.suffix.lower() == ".onnx":
        return black_box(model, input_shape)
    refuse_pickle(model)
    raise UsageError(f"a black box is an .onnx file or package.module:name, not {model.name}")


def _sampler(draws: Draws) -> Sampler:
    from constructions.sets.sources import load_sampler
    from verify.black_boxes.sources import imported
    from verify.generalization.sampled_error import as_sampler

    return (
        as_sampler(imported(draws.sampler)) if draws.spec is None and draws.sampler else load_sampler(draws.spec or "")
    )


def _share(common: Common, radius: Fraction | None) -> float | None:
    """Return the seconds for the clean error: a quarter of what is left where the robust error follows."""
    left = common.seconds_left
    return left if left is None or radius is None else left / 4


def _record(estimate: ErrorEstimate) -> dict[str, Any]:
    """Return all of an estimate, ready for JSON."""
    return {
        "samples": estimate.samples,
        "wrong": estimate.wrong,
        "undecided": estimate.undecided,
        "lower": str(estimate.lower),
        "upper": None if estimate.one_sided else str(estimate.upper),
        "failure": str(estimate.failure),
        "seed": estimate.seed,
        "planned": list(estimate.planned),
        "looks": [
            {
                "samples": look.samples,
                "wrong": look.wrong,
                "undecided": look.undecided,
                "lower": str(look.limits.lower),
                "upper": None if estimate.one_sided else str(look.limits.upper),
            }
            for look in estimate.looks
        ],
        "arithmetic": estimate.arithmetic,
    }
