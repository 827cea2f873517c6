"""Options that verbs share."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import wraps
from pathlib import Path
from typing import Any

import click

from constructions.errors import TimeLimit, UsageError
from verify.command import watchdog
from verify.command.output_folder import ready_folder

_GRACE = 0.9


@dataclass(frozen=True, slots=True)
class Common:
    """The options every verb takes.

    Attributes:
        as_json: print the JSON envelope on standard output.
        output: folder for files.
        quiet: no progress and no table.
        verbose: more detail.
        seed: of everything random.
        timeout: seconds for the whole command.
        started: ``time.monotonic()`` at the start.
    """

    as_json: bool
    output: Path | None
    quiet: bool
    verbose: bool
    seed: int
    timeout: float | None
    started: float

    @property
    def seconds_left(self) -> float | None:
        """Seconds of ``--timeout`` that remain, ``None`` without one."""
        return None if self.timeout is None else max(0.0, self.timeout - (time.monotonic() - self.started))

    @property
    def seconds_to_decide(self) -> float | None:
        """Seconds that remain for the decision, some kept back for the files of ``-o``."""
        left = self.seconds_left
        if left is None or self.timeout is None or self.output is None:
            return left
        return max(0.0, left - min(10.0, self.timeout / 4))

    def show(self, envelope: dict[str, Any], text: Callable[[], None]) -> None:
        """Print the envelope with ``--json``, else call ``text`` unless quiet."""
        watchdog.call_off()
        if self.as_json:
            click.echo(json.dumps(envelope, indent=2, ensure_ascii=False))
        elif not self.quiet:
            text()


class ExactNumber(click.ParamType):
    """An exact number: 3, 3/32, 0.09375."""

    name = "p/q"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Read the number exactly."""
        from constructions.exact.rational import parse_fraction

        if isinstance(value, Fraction):
            return value
        try:
            return parse_fraction(str(value), param.name if param is not None and param.name else "number")
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Memory(click.ParamType):
    """A number of bytes: 500M, 12GiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the size."""
        from verify.sweep.limits import parse_size

        try:
            return parse_size(str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Range(click.ParamType):
    """Two exact numbers: 0:1."""

    name = "low:high"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Fraction, Fraction]:
        """Read both ends."""
        from constructions.exact.rational import parse_fraction

        parts = str(value).split(":")
        if len(parts) != 2:
            self.fail(f"{value!r} is not a range such as 0:1", param, ctx)
        try:
            low, high = (parse_fraction(part, "end of the range") for part in parts)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        if low > high:
            self.fail(f"the range {value!r} is empty", param, ctx)
        return low, high


class Shape(click.ParamType):
    """Positive integers: 1,28,28."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Read the sizes."""
        parts = str(value).replace("x", ",").split(",")
        if not all(part.strip().isdigit() and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is not a shape such as 1,28,28", param, ctx)
        return tuple(int(part) for part in parts)


EXACT = ExactNumber()
MEMORY = Memory()
BOX = Range()
SHAPE = Shape()
JOBS = click.IntRange(min=1)
NORM = click.Choice(["linf", "l1", "l2"])


_FOLDER = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False, writable=True),
    metavar="DIR",
    help="Write the files into this folder.",
)


def common_options(
    function: Callable[..., Any], output: Callable[[Callable[..., Any]], Callable[..., Any]] = _FOLDER
) -> Callable[..., Any]:
    """Add the options every verb takes; the verb receives them as ``common``.

    The folder of ``-o`` is made beforehand; where ``-o`` is for a file nothing is made.

    Args:
        function: the verb.
        output: the option ``-o``, where it is not for a folder.
    """
    is_folder = output is _FOLDER

    is_folder = output is _FOLDER

    @click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON envelope.")
    @output
    @click.option("-q", "--quiet", is_flag=True, help="No progress, no table; the exit code says it all.")
    @click.option("-v", "--verbose", is_flag=True, help="More detail.")
    @click.option("--seed", type=int, default=0, show_default=True, help="Seed of attacks and samples.")
    @click.option(
        "--timeout", type=float, metavar="SECONDS", help="Limit of the whole command; what is open then is unknown."
    )
    @wraps(function)
    def wrapped(
        *args: Any,
        as_json: bool,
        output: Path | None,
        quiet: bool,
        verbose: bool,
        seed: int,
        timeout: float | None,
        **kwargs: Any,
    ) -> Any:
        if timeout is not None and not 0 < timeout < math.inf:
            raise UsageError(f"--timeout must be a positive number of seconds, got {timeout}")
        common = Common(as_json, output, quiet, verbose, seed, timeout, time.monotonic())
        with alarm(timeout), ready_folder(output if is_folder else None):
            return function(*args, common=common, **kwargs)

    return wrapped


@contextlib.contextmanager
def alarm(timeout: float | None) -> Iterator[None]:
    """Raise ``TimeLimit`` in the main thread a little after the deadline methods keep, and watch that it ends."""
    if timeout is None or not hasattr(signal, "setitimer"):
        yield
        return
    message = f"not finished within {timeout:g} seconds; the verdict is unknown"

    def ring(*_: Any) -> None:
        raise TimeLimit(message)

    try:
        before = signal.signal(signal.SIGALRM, ring)
    except ValueError:
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, timeout + _GRACE)
    watchdog.watch(timeout + 2 * _GRACE, message)
    try:
        yield
    finally:
        watchdog.call_off()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def use_workers(jobs: int | None) -> None:
    """Fix the number of threads of this command, if one is given."""
    if jobs is not None:
        from constructions.exact.workers import set_worker_count

        set_worker_count(jobs)


def load_named_data(spec: str, trim: int, norm: str, points: str | None = None) -> tuple[Any, str, tuple[int, ...]]:
    """Return the data of a specification, its name, and the points trimmed.

    ``points`` keeps only a range ``A:B`` of the points, after trimming.

    Raises:
        UsageError: the specification, the number to trim, or the range does not fit.
    """
    from constructions.data.sources import load_data, trim_closest

    data, name = load_data(spec), spec
    dropped: tuple[int, ...] = ()
    if trim:
        if not 0 < trim < len(data):
            raise UsageError(f"--trim must be between 0 and {len(data) - 1}, got {trim}")
        data, dropped = trim_closest(data, trim, norm)
        name = f"{name} --trim {trim}"
    if points is not None:
        data, name = _part(data, points), f"{name} --points {points}"
    return data, name, dropped


def original_numbers(count: int, dropped: tuple[int, ...], points: str | None) -> list[int]:
    """Return the numbers that the ``count`` points kept by ``load_named_data`` have in the data as named."""
    first = 0 if points is None else _ends(points)[0]
    kept = (number for number in itertools.count() if number not in dropped)
    return list(itertools.islice(kept, first, first + count))


def _ends(points: str) -> tuple[int, int | None]:
    ends = re.fullmatch(r"(\d*):(\d*)", points.strip())
    if ends is None:
        raise UsageError(f"--points must be a range such as 0:20, got {points!r}")
    return int(ends.group(1) or 0), int(ends.group(2)) if ends.group(2) else None


def _part(data: Any, points: str) -> Any:
    from constructions.data.labelled_points import LabelledPoints

    first, last = _ends(points)
    last = len(data) if last is None else last
    if not first < min(last, len(data)):
        raise UsageError(f"--points {points} leaves none of the {len(data)} points")
    return LabelledPoints.of(data.numerators[first:last], data.label_array[first:last], scale=data.scale)
