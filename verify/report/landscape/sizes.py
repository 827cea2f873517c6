"""The rows of a landscape: what every construction takes, and which sizes are certified to be too small."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from constructions.errors import BudgetExceeded
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.layer_widths import dense_size, depth_of
from constructions.memorizers.plan import Construction, Plan
from constructions.memorizers.worst_cases import WorstCase
from verify.capacity.memorization_bounds import MemorizationBound, memorization_size_bounds
from verify.report.landscape.setting import Setting

_MOST_BUILT = 20_000
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One construction at one ratio, counted by its closed form.

    Attributes:
        ratio: radius over eps.
        name: of the construction.
        nonzero: nonzero parameters, for the data set or for every one; ``None`` where the
            construction does not apply, or finding out would take too long.
        dense: all parameters, zero or not; ``None`` where that is not known without building a
            large network.
        depth: affine maps, likewise.
        promised: the bound that the construction's theorem states for the data set.
        at_worst: what it takes at most on every data set of so many points, where such a
            count exists.
        plan: counted on the data set; ``None`` without one.
    """

    ratio: Fraction
    name: str
    nonzero: int | None
    dense: int | None
    depth: int | None
    promised: int | None
    at_worst: WorstCase | None
    plan: Plan | None = None

    @property
    def condition(self) -> str:
        """On the data sets that the size suffices for, where it is not for all of them or for one given."""
        return "" if self.plan is not None or self.at_worst is None else self.at_worst.condition


@dataclass(frozen=True, slots=True)
class Inversion:
    """A size said to suffice for every data set, at or below one certified to be too small for some."""

    ratio: Fraction
    name: str
    counts: str
    size: int
    bound: MemorizationBound

    def __str__(self) -> str:
        return (
            f"at ratio {self.ratio} {self.name} is said to need at most {self.size} {self.counts} parameters on every "
            f"data set, but {self.bound.size} are too few for some, by {self.bound.name}"
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One ratio: the constructions counted there, and the lower bounds that hold there."""

    ratio: Fraction
    entries: tuple[Entry, ...]
    bounds: tuple[MemorizationBound, ...]

    def entry(self, name: str) -> Entry | None:
        """Return the entry of a construction, ``None`` if it was not counted."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def bound(self, name: str) -> MemorizationBound | None:
        """Return the bound of a name, ``None`` if it does not apply here."""
        return next((bound for bound in self.bounds if bound.name == name), None)

    def smallest(self, counts: str = "nonzero") -> Entry | None:
        """Return the construction with the fewest ``nonzero`` or ``dense`` parameters, without a condition."""
        sizes = [
            (size, place)
            for place, entry in enumerate(self.entries)
            if (size := getattr(entry, counts)) and not entry.condition
        ]
        return self.entries[min(sizes)[1]] if sizes else None

    def pairs(self) -> Iterator[tuple[str, str, int, MemorizationBound]]:
        """Yield every size that suffices for all data sets without a condition, with every bound of the same count."""
        for entry in self.entries:
            if entry.at_worst is None or entry.at_worst.condition:
                continue
            widths = entry.at_worst.widths
            sizes = {"nonzero": entry.at_worst.parameters} | ({"dense": dense_size(widths)} if widths else {})
            for bound in self.bounds:
                if bound.counts in sizes:
                    yield entry.name, bound.counts, sizes[bound.counts], bound


@dataclass(frozen=True, slots=True)
class Landscape:
    """Every row, and what was not counted in time.

    Attributes:
        setting: what it is about.
        names: of the constructions that work in the norm, in the order of the catalog.
        rows: one per ratio.
    """

    setting: Setting
    names: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def uncounted(self) -> list[tuple[Fraction, str]]:
        """Constructions that were not counted in time, by ratio."""
        return [(row.ratio, name) for row in self.rows for name in self.names if row.entry(name) is None]

    @property
    def inversions(self) -> list[Inversion]:
        """Contradictions between the two sides; none if all is right."""
        found = ((row.ratio, pair) for row in self.rows for pair in row.pairs())
        return [Inversion(ratio, *pair) for ratio, pair in found if pair[2] <= pair[3].size]

    @property
    def least_ratio(self) -> Fraction | None:
        """The smallest size for every data set over a bound that covers it, above 1 if all is right.

        Bounds of 0, which say nothing, are left out; ``None`` if there are no others.
        """
        return min(
            (Fraction(size, bound.size) for row in self.rows for *_, size, bound in row.pairs() if bound.size),
            default=None,
        )


def count_entries(setting: Setting, progress: Progress | None = None) -> Iterator[Entry]:
    """Yield every construction at every ratio, as soon as it is counted.

    Raises:
        AssumptionViolated: a label is neither -1 nor +1.
    """
    jobs = [(ratio, entry) for ratio in setting.ratios for entry in constructions_for(setting.norm)]
    for done, (ratio, construction) in enumerate(jobs):
        if progress is not None:
            progress("count constructions", done, len(jobs))
        yield _counted(setting, ratio, construction)


def _counted(setting: Setting, ratio: Fraction, construction: Construction) -> Entry:
    worst = construction.worst
    at_worst = None if worst is None else worst(setting.points, setting.dim, ratio, setting.norm)
    if setting.data is None or setting.eps is None:
        nonzero, widths = (None, ()) if at_worst is None else (at_worst.parameters, at_worst.widths)
        return Entry(ratio, construction.name, nonzero, *_dense_and_depth(widths), None, at_worst)
    try:
        plan = construction.plan(setting.data, ratio * setting.eps, setting.eps, setting.norm, None)
    except BudgetExceeded:
        plan = None
    if plan is None:
        return Entry(ratio, construction.name, None, None, None, None, at_worst)
    found = _dense_and_depth(_widths(plan))
    return Entry(ratio, construction.name, plan.parameters, *found, plan.promised, at_worst, plan)


def _widths(plan: Plan) -> tuple[int, ...]:
    """Return the widths that a plan states; if it states none, those of the network, where that is small."""
    if plan.widths or plan.parameters > _MOST_BUILT:
        return plan.widths
    maps = plan.build().maps
    return (maps[0].shape[1], *(affine.shape[0] for affine in maps))


def _dense_and_depth(widths: tuple[int, ...]) -> tuple[int | None, int | None]:
    return (dense_size(widths), depth_of(widths)) if widths else (None, None)


def lower_bounds(setting: Setting) -> dict[Fraction, tuple[MemorizationBound, ...]]:
    """Return the certified lower bounds at every ratio."""
    return {
        ratio: tuple(memorization_size_bounds(setting.points, setting.dim, setting.norm, ratio))
        for ratio in setting.ratios
    }


def landscape_of(
    setting: Setting,
    entries: Iterable[Entry] | None = None,
    bounds: dict[Fraction, tuple[MemorizationBound, ...]] | None = None,
) -> Landscape:
    """Put entries and bounds together; by default all of both.

    Args:
        setting: what the landscape is about.
        entries: those counted in time.
        bounds: at every ratio.

    Example:
        >>> row = landscape_of(Setting.of_sizes(1000, 784, "linf", ["1/2"])).rows[0]
        >>> row.smallest().name, row.smallest().nonzero, row.bound("first-layer").size
        ('literals', 751001, 1566)
    """
    counted = list(count_entries(setting) if entries is None else entries)
    below = lower_bounds(setting) if bounds is None else bounds
    rows = tuple(
        Row(ratio, tuple(entry for entry in counted if entry.ratio == ratio), below[ratio]) for ratio in setting.ratios
    )
    return Landscape(setting, tuple(entry.name for entry in constructions_for(setting.norm)), rows)
