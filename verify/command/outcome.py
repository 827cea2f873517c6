"""From exceptions to exit codes: one message, never a traceback for a user's mistake."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import click

from verify.command import watchdog
from verify.failures import BUG, INTERRUPTED, UNKNOWN, USAGE, failed_envelope, judge_error


def finish(run: Callable[[], Any], arguments: list[str], is_own_process: bool = False) -> int:
    """Run a command and return its exit code, printing what went wrong.

    With ``--json`` among the arguments the envelope is printed also when it failed.

    Args:
        run: the command.
        arguments: what was typed.
        is_own_process: whether a command that overruns its ``--timeout`` may be ended by ending the process.
    """
    started = time.monotonic()
    watchdog.own_process(_limit_reporter(arguments, started) if is_own_process else None)
    try:
        result = run()
        code = int(result) if isinstance(result, int) else 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except click.exceptions.Exit as error:
        return int(error.exit_code)
    except Exception as error:
        code, message = judge(error)
        return _report(code, message, arguments, time.monotonic() - started, error)
    except KeyboardInterrupt:
        message = "interrupted; nothing is half written, run the command again"
        return _report(INTERRUPTED, message, arguments, time.monotonic() - started)


def _limit_reporter(arguments: list[str], started: float) -> Callable[[str], int]:
    return lambda message: _report(UNKNOWN, message, arguments, time.monotonic() - started)


def judge(error: Exception) -> tuple[int, str]:
    """Return the exit code and the message of an exception."""
    if isinstance(error, click.Abort):
        return INTERRUPTED, "interrupted; nothing is half written, run the command again"
    if isinstance(error, click.ClickException):
        return USAGE, error.format_message()
    return judge_error(error)


def _theorem(verb: str | None, arguments: list[str]) -> str | None:
    """Return the statement named after ``check``, as it was written."""
    if verb != "check":
        return None
    return next((word for word in arguments[arguments.index(verb) + 1 :] if not word.startswith("-")), None)


def _report(code: int, message: str, arguments: list[str], seconds: float, error: Exception | None = None) -> int:
    click.echo(f"rproof: {message}", err=True)
    if code == BUG and error is not None:
        click.echo("rproof: this is our bug; please report it with the lines below", err=True)
        traceback.print_exception(error, file=sys.stderr)
    if "--json" in arguments:
        verb = next((word for word in arguments if not word.startswith("-")), None)
        envelope = failed_envelope(verb, _theorem(verb, arguments), code, message, seconds)
        click.echo(json.dumps(envelope))
    return code
