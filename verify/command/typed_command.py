"""The command that was typed, kept beside what it wrote."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from verify.command.options import Range


def keep_command(folder: Path) -> None:
    """Write the running command into the folder of its results.

    Args:
        folder: what the command wrote into.
    """
    from verify.artifact.documents import COMMAND_FILE

    text = typed_command(click.get_current_context())
    (folder / COMMAND_FILE).write_text(text + "\n", encoding="utf-8")


def typed_command(context: click.Context) -> str:
    """Return a command line with every argument and option that was typed, and no others."""
    words = ["rproof", str(context.info_name)]
    for parameter in context.command.params:
        name = parameter.name or ""
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params[name]
        values = [str(item) for item in value] if _is_repeated(parameter) else [_text(parameter, value)]
        if isinstance(parameter, click.Option):
            spelling = max(parameter.opts, key=len)
            words += [spelling] if parameter.is_flag else [word for item in values for word in (spelling, item)]
        else:
            words += values
    return shlex.join(words)


def _is_repeated(parameter: click.Parameter) -> bool:
    return parameter.nargs != 1 or bool(getattr(parameter, "multiple", False))


def _text(parameter: click.Parameter, value: Any) -> str:
    """Return one value as it is typed: the ends of a range between a colon, other lists between commas."""
    if isinstance(value, tuple):
        return (":" if isinstance(parameter.type, Range) else ",").join(map(str, value))
    return str(value)
