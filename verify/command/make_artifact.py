"""``rproof artifact``: a folder of results as one archive that a stranger can check."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import click

from verify.command.options import Common, common_options
from verify.command.progress import ProgressBar
from verify.versions import versions

_FILE = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="The archive to write; artifact.zip by default.",
)

EPILOG = """\b
Examples:
  rproof artifact run/
  rproof artifact runs/ -o supplement/artifact.zip
  unzip artifact.zip && cat artifact/README.md        names the checker of each certificate
"""


@click.command("artifact", epilog=EPILOG)
@click.argument("folder", type=click.Path(path_type=Path))
@partial(common_options, output=_FILE)
def command(common: Common, folder: Path) -> int:
    """Pack FOLDER, as check, sweep or another verb filled it, into one zip archive.

    Inside: the results with their networks and certificates, the checkers and what they
    print, the commands, the versions, the licence, a checklist, a README, and the SHA-256
    of every file. Every certificate is proved again first; exit code 5 if one is rejected.
    The same folder gives the same bytes.
    """
    from verify.artifact.bundle import write_artifact

    path = Path("artifact.zip") if common.output is None else common.output
    with ProgressBar(common.quiet) as bar:
        artifact = write_artifact(folder, path, bar.callback)
    envelope = {
        "schema": "robustproofs/result/1",
        "verb": "artifact",
        "verdict": "holds",
        "exit": 0,
        "theorem": None,
        "instance": {"folder": str(folder)},
        "claims": [
            {
                "name": name,
                "status": "holds",
                "evidence": "exact",
                "measured": None,
                "promised": None,
                "direction": None,
                "method": "recheck",
                "seconds": 0.0,
                "detail": sentence,
            }
            for name, sentence in artifact.sentences.items()
        ],
        "network": None,
        "certificate": None,
        "files": {path.name: str(path)},
        "sha256": artifact.digest,
        "contents": list(artifact.names),
        "seconds": round(time.monotonic() - common.started, 6),
        "versions": versions(),
    }

    def lines() -> None:
        if common.verbose:
            for name in artifact.names:
                click.echo(f"  {name}")
        count = len(artifact.sentences)
        click.echo(f"{path}: {len(artifact.names)} files, {count} certificate{'s' if count != 1 else ''} proved again")
        click.echo(f"sha256 {artifact.digest}")

    common.show(envelope, lines)
    return 0
