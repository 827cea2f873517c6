"""The ``rproof`` command: verbs, exit codes and messages."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

import verify

_VERBS = {
    "list": ("verify.command.list_theorems", "List the statements that can be checked."),
    "data": ("verify.command.show_data", "Show a data set, and how far apart its classes are."),
    "check": ("verify.command.check_theorem", "Check a statement of the paper on an instance."),
    "verify": ("verify.command.verify_model", "Decide on which points a perturbation makes your network wrong."),
    "radius": ("verify.command.find_radius", "Bracket the largest radius at which each point stays right."),
    "optimal": ("verify.command.find_optimum", "Find the smallest robust error that any classifier can have."),
    "bound": ("verify.command.bound_size", "Certify how large a network must be to be robust on hard data."),
    "landscape": (
        "verify.command.draw_landscape",
        "Set the size of every memorizer beside every lower bound.",
    ),
    "table1": ("verify.command.make_table1", "Measure every cell of the paper's table of results."),
    "draw": ("verify.command.draw_pictures", "Draw a statement or a network in the plane."),
    "train": ("verify.command.train_networks", "Train small networks, and decide exactly how robust they are."),
    "report": ("verify.command.report_runs", "Report on a folder of results: figures, tables, one page."),
    "sweep": ("verify.command.run_sweep", "Check many instances, here or on a cluster; can be resumed."),
    "artifact": ("verify.command.make_artifact", "Pack results into one archive that others can check."),
    "figures": ("verify.command.draw_figures", "Draw the size bounds, with their numbers."),
    "recheck": ("verify.command.recheck_files", "Prove certificates again, from what is in them."),
    "export": ("verify.command.export_model", "Write a network in another format."),
    "export-benchmark": (
        "verify.command.export_benchmark",
        "Write questions with proved answers for other verifiers.",
    ),
    "notes": ("verify.command.check_notes", "Check that notes, code and tests belong together."),
    "selftest": ("verify.command.run_selftest", "Test this installation on questions with known answers."),
}


class LazyVerbs(click.Group):
    """A group that imports a verb only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of use."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one verb."""
        if cmd_name not in _VERBS:
            return None
        command: click.Command = importlib.import_module(_VERBS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in _VERBS.items()])


EPILOG = """\b
Examples:
  rproof data digits:even-odd
  rproof check 2.2 --data digits:even-odd --radius 3/32 -o run/
  rproof verify run/network.onnx --data digits:even-odd --norm linf --radius 3/32
  rproof recheck run/certificate.json

\b
Exit codes: 0 all hold, 1 violated (exact witness printed), 2 usage, 3 unknown,
4 a hypothesis fails, 5 input or certificate rejected, 6 interrupted, 70 our bug.
Every verb takes --json, -o DIR, -q, -v, --seed, --timeout; see VERB --help.
"""


@click.group(cls=LazyVerbs, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="robustproofs", prog_name="rproof")
def cli() -> None:
    """Theorems on robust generalization of ReLU networks, checked exactly.

    Every answer is about networks with exact rational weights: holds and violated are proved, anything else is
    unknown. To begin, run the examples below in order.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; never returns normally."""
    if getattr(verify, "DISTRIBUTION", None) != "robustproofs":
        click.echo("another package named 'verify' hides ours; install robustproofs in its own environment", err=True)
        sys.exit(70)
    from verify.command.outcome import INTERRUPTED, UNKNOWN, finish

    is_own = arguments is None
    code = finish(
        lambda: cli.main(arguments, standalone_mode=False), list(sys.argv[1:] if is_own else arguments or ()), is_own
    )
    sys.stdout.flush()
    sys.stderr.flush()
    if code == INTERRUPTED or (is_own and code == UNKNOWN):
        os._exit(code)  # worker threads still in a compiled loop would hold up an ordinary exit
    sys.exit(code)
