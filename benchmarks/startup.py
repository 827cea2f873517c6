"""Processor time of ``rproof --help``: the price of every call of the command line."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from pathlib import Path

from benchmarks.common import machine, median, print_table, write_json

MOST_SECONDS = 0.5


def cpu_seconds(command: list[str]) -> float:
    """Return user and system seconds of one run of ``command``, its children included.

    Raises:
        subprocess.CalledProcessError: the command fails.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the times; return 1 when the median is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="how many runs after one warm-up (default 7)")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for startup.json")
    options = parser.parse_args(arguments)
    command = [sys.executable, "-m", "verify", "--help"]
    cpu_seconds(command)
    seconds = [cpu_seconds(command) for _ in range(options.runs)]
    middle = median(seconds)
    rows = [["rproof --help", f"{min(seconds):.3f}", f"{middle:.3f}", f"{max(seconds):.3f}", f"{MOST_SECONDS:.3f}"]]
    print_table("Start of the command line, CPU seconds", ["command", "least", "median", "most", "allowed"], rows)
    document = {"machine": machine(), "seconds": seconds, "median": middle, "allowed": MOST_SECONDS}
    write_json(options.folder, "startup", document)
    return 0 if middle <= MOST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
