"""The answer to an instance, proved about the network that its file holds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from constructions.data.norm_ball import NormBall
from constructions.errors import MalformedInput
from constructions.network.onnx_bridge import to_plain_onnx
from constructions.network.relu_network import ReluNetwork
from verify.certificate.issue import recheck
from verify.instances.instance import Instance
from verify.methods.decision import Decision
from verify.properties.cases import Case, Constraint, Property
from verify.properties.vnnlib import read_vnnlib
from verify.properties.vnnlib_writer import write_vnnlib
from verify.robustness import RobustError, robust_error

VERSIONS = {"1.0": "vnnlib", "2.0": "vnnlib2"}


@dataclass(frozen=True, slots=True)
class ProvedInstance:
    """An instance whose files are written and whose answer is proved.

    Attributes:
        instance: the question as drawn.
        network: what the ONNX file says, the number that its weights alone give.
        scale: the file's output is that of ``instance.network`` times this.
        result: the decided robust error of the one ball, about ``network``.
    """

    instance: Instance
    network: ReluNetwork
    scale: Fraction
    result: RobustError

    @property
    def margin(self) -> Fraction | None:
        """The exact minimum of ``label * output`` of the file on the ball, where it is known."""
        return None if self.instance.margin is None else self.scale * self.instance.margin

    @property
    def proved_margin(self) -> Fraction | None:
        """A proved lower bound of that minimum, where the answer is ``holds``."""
        return self.result.margin(0)


def paths_of(instance: Instance, folder: Path) -> dict[str, Path]:
    """Return where the files of an instance go: ``onnx``, ``1.0``, ``2.0`` and ``certificate``."""
    named = {version: folder / room / f"{instance.name}.vnnlib" for version, room in VERSIONS.items()}
    return {
        "onnx": folder / "onnx" / f"{instance.name}.onnx",
        **named,
        "certificate": folder / "certificates" / f"{instance.name}.json",
    }


def write_and_prove(instance: Instance, folder: Path, seconds: float | None = None) -> ProvedInstance | None:
    """Write the files of an instance, read them back, prove the answer and write its certificate.

    Nothing of the instance but a known witness is used for the proof: the network, the box
    and the label are those that the files state. The certificate is re-checked.

    Args:
        instance: the question.
        folder: with subfolders for each kind of file.
        seconds: time limit of the proof.

    Returns:
        The proved instance, or ``None`` if the time did not suffice; its files are removed.

    Raises:
        RuntimeError: the answer is not the one promised, or files do not say what was written.
        UsageError: a file cannot be written.
    """
    paths = paths_of(instance, folder)
    scale = to_plain_onnx(instance.network, paths["onnx"])
    network = ReluNetwork.from_onnx(paths["onnx"])
    for version in ("1.0", "2.0"):
        written = write_vnnlib(paths[version], instance.lower, instance.upper, instance.label, 1, version)
        if written.rounded or read_vnnlib(paths[version]) != unsafe_set(instance):
            raise RuntimeError(f"{paths[version].name} does not state the box of {instance.name}")
    result = _decided(instance, network, seconds)
    status = result.status[0]
    if status == "unknown":
        for path in paths.values():
            path.unlink(missing_ok=True)
        return None
    if (status == "robust") != (instance.answer == "holds"):
        raise RuntimeError(f"{instance.name} was to be {instance.answer}, but the ball is {status}")
    result.certificate(paths["certificate"])
    try:
        recheck(paths["certificate"])
    except MalformedInput as error:
        raise RuntimeError(f"the certificate of {instance.name} is not accepted: {error}") from None
    return ProvedInstance(instance, network, scale, result)


def unsafe_set(instance: Instance) -> Property:
    """Return what a verifier is asked to exclude: a point of the ball with ``label * output <= 0``."""
    condition = Constraint(((0, Fraction(instance.label)),), Fraction(0))
    return Property(len(instance.centre), 1, (Case(instance.lower, instance.upper, (condition,)),))


def _decided(instance: Instance, network: ReluNetwork, seconds: float | None) -> RobustError:
    witness = instance.witness
    if witness is not None and unsafe_set(instance).cases[0].is_reached_at(network, witness):
        known = Decision("violated", "construction", witness=witness)
        return RobustError(network, instance.data, NormBall("linf", instance.radius), None, (known,))
    return robust_error(network, instance.data, "linf", instance.radius, seconds=seconds, point_seconds=None)
