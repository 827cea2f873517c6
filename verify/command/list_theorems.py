"""``rproof list``: the statements that can be checked."""

from __future__ import annotations

import click

from verify.command.options import Common, common_options


@click.command("list", epilog="\b\nExamples:\n  rproof list\n  rproof list --json")
@common_options
def command(common: Common) -> int:
    """List the statements that can be checked, with their numbers in the paper."""
    from verify.theorems.registry import theorems

    entries = [theorem.to_json() for theorem in theorems()]

    def table() -> None:
        width = max(len(entry["id"]) for entry in entries)
        for entry in entries:
            mark = "corrected" if entry["corrected"] else "printed"
            click.echo(f"{entry['paper']:<4} {entry['id']:<{width}}  {mark:<9}  {entry['title']}")

    common.show({"theorems": entries}, table)
    return 0
