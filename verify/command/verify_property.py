"""``rproof verify --property``: whether any input of a file's boxes meets its assertions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from constructions.errors import UsageError
from verify.command.options import Common
from verify.command.progress import ProgressBar
from verify.command.typed_command import keep_command

if TYPE_CHECKING:
    from constructions.network.relu_network import ReluNetwork

_WORDS = {"holds": "no input reaches it", "violated": "an input reaches it", "unknown": "undecided"}


def verify_property(
    common: Common, model: Path, network: ReluNetwork, path: Path, seconds: float, max_memory: int | None
) -> int:
    """Decide whether a network keeps out of the unsafe set of a VNN-LIB file; return the exit code.

    Raises:
        UsageError: there is no such file, or it is about other inputs or outputs.
        MalformedInput: the file says what cannot be read.
    """
    from verify.command.tables import print_report
    from verify.network_property import decide_property
    from verify.properties.vnnlib import read_vnnlib
    from verify.theorem import Report
    from verify.verdict import Verdict

    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    unsafe = read_vnnlib(path)
    limits = [limit for limit in (common.seconds_left, seconds) if limit is not None]
    with ProgressBar(common.quiet) as bar:
        answers = decide_property(
            network,
            unsafe,
            seconds=min(limits, default=None),
            most_memory=max_memory,
            seed=common.seed,
            progress=bar.callback,
        )
    report = Report(None, {"model": str(model), "property": str(path), "cases": len(answers)}, verb="verify")
    report.network = network
    for place, answer in enumerate(answers):
        witness = None
        if answer.witness is not None:
            values = network(answer.witness)
            witness = {"point": [str(x) for x in answer.witness], "output": [str(v) for v in values]}
        method, spent = ("", 0.0) if answer.result is None else (answer.result.method(0), answer.result.seconds)
        margin = None if answer.result is None else answer.result.margin(0)
        report.verdicts.append(
            Verdict(
                f"case {place}",
                answer.status,
                "exact",
                None if margin is None else str(margin),
                "0",
                "more than",
                method,
                spent,
                _WORDS[answer.status],
                witness,
            )
        )
        if common.output is not None and answer.status == "holds" and answer.result is not None:
            common.output.mkdir(parents=True, exist_ok=True)
            where = answer.result.certificate(common.output / f"certificate-{place}.json")
            report.files[f"certificate of case {place}"] = str(where)
    report.seconds["total"] = sum(verdict.seconds for verdict in report.verdicts)
    if common.output is not None:
        report.save(common.output)
        keep_command(common.output)
    common.show(report.to_json(), lambda: print_report(report, common.verbose))
    return report.exit_code
