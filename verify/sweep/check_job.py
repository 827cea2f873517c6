"""Run one job of kind ``check``: the instance its parameters name, and the envelope of ``rproof check``."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

from constructions.data.sources import load_data, trim_closest
from constructions.errors import UsageError
from constructions.network.relu_network import ReluNetwork
from verify.failures import failed_envelope, judge_error
from verify.sweep.instance_options import OPTIONS
from verify.sweep.limits import Limits
from verify.sweep.plan import file_digest
from verify.sweep.store import ROWS
from verify.theorem import Report
from verify.theorems.memorization import DEFAULT_DATA
from verify.theorems.registry import check, find_theorem
from verify.theorems.report_files import write_report


def run_check(key: str, parameters: dict[str, Any], limits: Limits, folder: Path | None) -> dict[str, Any]:
    """Check a statement on an instance; whatever goes wrong is in the envelope.

    Args:
        key: of the job.
        parameters: of the job, as a plan makes them.
        limits: the seconds after which what is open stays unknown, and the bytes beyond
            which an instance is refused.
        folder: keep network and certificates under ``rows/KEY`` of this folder.
    """
    try:
        return _report(key, parameters, limits, folder).to_json()
    except Exception as error:
        code, message = judge_error(error)
        return failed_envelope("check", parameters.get("theorem"), code, message)


def _report(key: str, parameters: dict[str, Any], limits: Limits, folder: Path | None) -> Report:
    started = time.monotonic()
    options = {name: value for name, value in parameters.items() if name not in ("theorem", "files", "trim")}
    for name, digest in parameters.get("files", {}).items():
        if file_digest(name) != digest:
            raise UsageError(f"{name} is not what it was when the plan was read; run the sweep again")
    arguments = {OPTIONS[name].argument: value for name, value in options.items()}
    dropped: tuple[int, ...] = ()
    if parameters.get("trim"):
        arguments |= _trimmed(parameters)
        dropped = arguments.pop("dropped")
    if "network" in arguments:
        arguments["network"] = _network(arguments["network"])
    report = check(parameters["theorem"], seconds=limits.seconds, most_memory=limits.memory, **arguments)
    if dropped:
        report.instance["trimmed"] = list(dropped)
    if folder is not None:
        _keep(report, key, folder)
        report.seconds["total"] = time.monotonic() - started
    return report


def _trimmed(parameters: dict[str, Any]) -> dict[str, Any]:
    count = parameters["trim"]
    spec = parameters.get("data") or find_theorem(parameters["theorem"]).default_data or DEFAULT_DATA
    data, dropped = trim_closest(load_data(spec), count, parameters.get("norm", "linf"))
    return {"data": data, "data_name": f"{spec} --trim {count}", "dropped": dropped}


def _network(name: str) -> ReluNetwork:
    return ReluNetwork.load(Path(name)) if name.lower().endswith(".json") else ReluNetwork.from_onnx(Path(name))


def _keep(report: Report, key: str, folder: Path) -> None:
    """Write the files of a report; the paths in it are those seen from the folder of the runs."""
    before, place = Path.cwd(), Path(ROWS, key)
    if not folder.is_dir():
        raise UsageError(f"networks and certificates cannot be kept: this machine does not see {folder}")
    os.chdir(folder)
    try:
        shutil.rmtree(place, ignore_errors=True)
        write_report(report, place)
    finally:
        os.chdir(before)
