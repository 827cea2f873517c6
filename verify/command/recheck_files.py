"""``rproof recheck``: prove the statements of certificates again."""

from __future__ import annotations

import time
from pathlib import Path

import click

from constructions.errors import MalformedInput
from verify.command.options import Common, common_options
from verify.versions import versions

EPILOG = """\b
Examples:
  rproof recheck run/certificate.json
  python -I verify/certificate/checker.py run/certificate.json
"""


@click.command("recheck", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@common_options
def command(common: Common, files: tuple[Path, ...]) -> int:
    """Prove the statement of every certificate in FILES again, from its own data.

    Exit code 0: all proved; 5: at least one rejected. Nothing of the program that wrote a
    certificate is used, and no conclusion in it is believed.
    """
    from verify.certificate.issue import recheck

    claims = []
    for path in files:
        started = time.monotonic()
        try:
            status, detail = "holds", recheck(path)
        except MalformedInput as error:
            status, detail = "rejected", str(error)
        claims.append(
            {"name": str(path), "status": status, "detail": detail, "seconds": round(time.monotonic() - started, 6)}
        )
    code = 5 if any(claim["status"] == "rejected" for claim in claims) else 0
    envelope = {
        "schema": "robustproofs/result/1",
        "verb": "recheck",
        "verdict": "holds" if code == 0 else "error",
        "exit": code,
        "theorem": None,
        "instance": {"files": [str(path) for path in files]},
        "claims": claims,
        "network": None,
        "certificate": None,
        "seconds": round(time.monotonic() - common.started, 6),
        "versions": versions(),
    }

    def lines() -> None:
        for claim in claims:
            name, detail = str(claim["name"]), str(claim["detail"])
            click.echo(f"{name}: {detail.removeprefix(f'{Path(name).name}: ')}")

    common.show(envelope, lines)
    return code
