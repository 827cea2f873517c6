"""A statement ready to be checked, the request that names an instance, and the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.data.manifold import Manifold
from constructions.errors import BudgetExceeded, UsageError
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.labelled_sets import LabelledSets
from verify.capacity.size_bound import SizeBound
from verify.neighbourhoods.error import NeighbourhoodError
from verify.optimal_risk.optimal_error import OptimalRobustError
from verify.robustness import RobustError
from verify.verdict import EXIT_CODES, Status, Verdict, overall
from verify.versions import versions

if TYPE_CHECKING:
    from verify.generalization.population_error import RobustTestError

SCHEMA = "robustproofs/result/1"
DEFAULT_RATIO = Fraction(3, 7)
_LARGEST_ONNX = 2**30


@dataclass(frozen=True, slots=True)
class FamilyOptions:
    """Numbers of the statements that make their own points; ``None`` takes the default.

    Attributes:
        dim: dimension of the input.
        error: robust error forgiven by a size bound.
        depth: largest depth of the networks a size bound speaks of.
        weight_bits: logarithm of the number of values their weights may take.
        failure: probability with which the bound may fail for a random labelling.
        block_length: labels per block of the bit-extraction network.
        mu: balance of a distribution.
        samples: number of training points.
        points: number of points in a data set.
        accuracy: clean error to be reached with high probability.
        confidence: probability of not reaching it.
        manifold: where the sets lie, by name.
        balls: number of sampled balls, where an instance is too large to be decided whole.
    """

    dim: int | None = None
    error: Fraction | None = None
    depth: int | None = None
    weight_bits: int | None = None
    failure: Fraction | None = None
    block_length: int | None = None
    mu: Fraction | None = None
    samples: int | None = None
    points: int | None = None
    accuracy: Fraction | None = None
    confidence: Fraction | None = None
    manifold: Manifold | None = None
    balls: int | None = None


DATA_OPTIONS = ("data", "norm", "eps", "radius", "ratio", "construction")


@dataclass(frozen=True, slots=True)
class Request:
    """The instance a theorem is checked on; what is absent takes the theorem's default.

    Attributes:
        data: labelled points.
        data_name: how the user named them.
        sets: two labelled sets, for statements about sets and not about finitely many points.
        sets_name: how the user named them.
        distribution: points or boxes with labels and probabilities.
        distribution_name: how the user named it.
        weights: of the points or boxes, in their order; ``None`` for the statement's own law.
        norm: of the perturbation set.
        eps: half the separation assumed.
        radius: of the perturbation set.
        ratio: radius over eps, when no radius is given.
        construction: name of a construction, ``"all"``, or ``None`` for the smallest.
        network: a network to judge instead of building one.
        output: folder for result, network and certificate.
        deadline: ``time.monotonic()`` value after which what is open stays unknown.
        seed: of attacks and samples.
        most_memory: bytes that may be used, ``None`` for no limit.
        progress: called with (stage, done, total).
        family: numbers of the statements that make their own points.
    """

    data: LabelledPoints | None = None
    data_name: str = ""
    sets: LabelledSets | None = None
    sets_name: str = ""
    distribution: FiniteDistribution | BoxMixture | None = None
    distribution_name: str = ""
    weights: tuple[Fraction, ...] | None = None
    norm: str = "linf"
    eps: Fraction | None = None
    radius: Fraction | None = None
    ratio: Fraction | None = None
    construction: str | None = None
    network: ReluNetwork | None = None
    output: Path | None = None
    deadline: float | None = None
    seed: int = 0
    most_memory: int | None = None
    progress: Callable[[str, int, int], None] | None = None
    family: FamilyOptions = FamilyOptions()


@dataclass(slots=True)
class Report:
    """Everything one check found.

    Attributes:
        theorem: id of the statement.
        instance: what was checked, as text.
        verdicts: hypotheses first, then claims.
        network: the network built or judged.
        result: its robust error, where decided on balls.
        neighbourhoods: its robust error on neighbourhoods of whole sets, where decided there.
        sizes: per construction, its name, parameters, and whether it was built.
        left_out: constructions that were not counted, and why.
        bounds: certified size bounds, each with a certificate of its own.
        test_error: robust test error on boxes, where that was measured.
        optimal: an optimal robust error, with a certificate of its own.
        certificate: path of the certificate written.
        files: other files written, and those skipped with the reason.
        seconds: time taken, by stage; ``total`` is all of it.
        verb: the command.
    """

    theorem: str | None
    instance: dict[str, Any]
    verdicts: list[Verdict] = field(default_factory=list)
    network: ReluNetwork | None = None
    result: RobustError | None = None
    neighbourhoods: NeighbourhoodError | None = None
    sizes: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    bounds: list[SizeBound] = field(default_factory=list)
    test_error: RobustTestError | None = None
    optimal: OptimalRobustError | None = None
    certificate: Path | None = None
    files: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    verb: str = "check"

    @property
    def verdict(self) -> Status:
        """The verdict of all claims together."""
        return overall([verdict.status for verdict in self.verdicts])

    @property
    def exit_code(self) -> int:
        """The exit code of the command line for this verdict."""
        return EXIT_CODES[self.verdict]

    def claim(self, name: str) -> Verdict:
        """Return the verdict of one claim.

        Raises:
            KeyError: no claim has this name.
        """
        for verdict in self.verdicts:
            if verdict.name == name:
                return verdict
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """Return the result envelope."""
        return {
            "schema": SCHEMA,
            "verb": self.verb,
            "verdict": self.verdict,
            "exit": self.exit_code,
            "theorem": self.theorem,
            "instance": self.instance,
            "claims": [verdict.to_json() for verdict in self.verdicts],
            "network": None if self.network is None else asdict(self.network.size),
            "constructions": self.sizes,
            "left_out": self.left_out,
            "certificate": None if self.certificate is None else str(self.certificate),
            "files": self.files,
            "seconds": round(self.seconds.get("total", sum(self.seconds.values())), 6),
            "timings": {stage: round(value, 6) for stage, value in self.seconds.items()},
            "versions": versions(),
        }

    def save(self, folder: Path) -> None:
        """Write network.json, network.onnx and result.json into a folder.

        A network.onnx above 1 GiB, or one no float type holds exactly, is skipped and
        ``files`` says why.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if self.network is not None:
            self.network.save(folder / "network.json")
            self.files["network.json"] = str(folder / "network.json")
            self.files["network.onnx"] = _save_onnx(self.network, folder / "network.onnx")
        text = json.dumps(self.to_json(), indent=2, ensure_ascii=False)
        (folder / "result.json").write_text(text + "\n", encoding="utf-8")


def _save_onnx(network: ReluNetwork, path: Path) -> str:
    try:
        network.to_onnx(path)
    except (BudgetExceeded, UsageError, ValueError) as error:
        return f"skipped: {error}"
    return str(path)


@dataclass(frozen=True, slots=True)
class Theorem:
    """A statement of the paper, as printed or corrected, ready to be checked.

    Attributes:
        id: word id.
        paper: number in the paper.
        title: one line.
        corrected: True when it differs from the printed statement.
        claims: names of its hypotheses and claims.
        bounds: claim name to the promised bound as a formula.
        run: checks it on an instance.
        erratum: the failing instance of a printed statement, where there is one.
        options: names of the options that choose its instance.
        default_data: specification of the points where none are given, if not the usual ones.
    """

    id: str
    paper: str
    title: str
    corrected: bool
    claims: tuple[str, ...]
    bounds: dict[str, str]
    run: Callable[[Request], Report]
    erratum: Callable[[Request], Report] | None = None
    options: tuple[str, ...] = DATA_OPTIONS
    default_data: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the entry of ``rproof list --json``."""
        return {
            "id": self.id,
            "paper": self.paper,
            "title": self.title,
            "corrected": self.corrected,
            "claims": list(self.claims),
            "bounds": dict(self.bounds),
        }
