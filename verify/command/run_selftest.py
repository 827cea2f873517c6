"""``rproof selftest``: known answers on this installation."""

from __future__ import annotations

import click

from verify.command.options import Common, common_options


@click.command("selftest", epilog="\b\nExamples:\n  rproof selftest\n  rproof selftest --json")
@common_options
def command(common: Common) -> int:
    """Run a quick battery with known answers: boundaries, memorizers, forged certificates.

    Every answer is known beforehand: a line names the question and what was found, and
    starts with ok if that is right, with WRONG and the right answer if it is not. Exit
    code 70 when an answer is wrong: then nothing this installation says counts.
    """
    from verify.selftest import selftest
    from verify.theorem import Report

    report = Report(None, {"battery": "selftest"}, verb="selftest")
    report.verdicts.extend(selftest())
    wrong = [verdict for verdict in report.verdicts if verdict.status != "holds"]
    envelope = {**report.to_json(), "exit": 70 if wrong else 0}

    def lines() -> None:
        for verdict in report.verdicts:
            if verdict.status == "holds":
                click.echo(f"ok    {verdict.name}: {verdict.measured}")
            else:
                click.echo(f"WRONG {verdict.name}: found {verdict.measured}, true is {verdict.promised}")
        click.echo(f"{len(report.verdicts) - len(wrong)} of {len(report.verdicts)} answers right")

    common.show(envelope, lines)
    return 70 if wrong else 0
