"""Formulas as a union of cases: disjunctive normal form, its size known before it is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from constructions.errors import BudgetExceeded, MalformedInput
from verify.properties.cases import Case, Constraint
from verify.properties.linear_forms import Atom, Formula, Junction

_MOST_CASES = 2**16
_MOST_ATOMS = 2**22


def cases_of(formulas: Sequence[Formula], inputs: int) -> tuple[Case, ...]:
    """Return the cases that together say what all formulas say.

    A case whose box is empty, or one of whose conditions is false, is left out.

    Args:
        formulas: the assertions, all of which must hold; inputs are ``("X", i)``.
        inputs: number of inputs.

    Raises:
        MalformedInput: a condition on inputs is no bound, an input has no bound, or a
            condition mixes inputs and outputs.
        BudgetExceeded: there would be more than 2^16 cases, or they are too large.
    """
    shared, choices = _split(formulas)
    whole = Junction(True, tuple(choices))
    count, _ = _measure(whole)
    common = _Conjunction([None] * inputs, [None] * inputs)
    if not common.take(shared):
        return ()
    alternatives = _expanded(whole)
    if sum(1 for part in alternatives if _touches_inputs(part)) * inputs > _MOST_ATOMS:
        raise BudgetExceeded(f"{count} cases with {inputs} inputs each are too large to hold")
    shared_box = cache(common.box)
    found = (common.narrowed(part, shared_box) for part in alternatives)
    return tuple(case for case in found if case is not None)


def _split(formulas: Iterable[Formula]) -> tuple[list[Atom], list[Junction]]:
    """Return the conditions that every case shares, and the choices."""
    shared: list[Atom] = []
    choices: list[Junction] = []
    waiting = list(formulas)[::-1]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Atom):
            shared.append(part)
        elif part.every or len(part.parts) == 1:
            waiting.extend(part.parts[::-1])
        else:
            choices.append(part)
    return shared, choices


def _measure(part: Formula) -> tuple[int, int]:
    """Return how many conjunctions a formula expands to, and their conditions together."""
    if isinstance(part, Atom):
        return 1, 1
    count, atoms = (1, 0) if part.every else (0, 0)
    for inner in part.parts:
        more, conditions = _measure(inner)
        if part.every:
            count, atoms = count * more, atoms * more + conditions * count
        else:
            count, atoms = count + more, atoms + conditions
        if count > _MOST_CASES or atoms > _MOST_ATOMS:
            raise BudgetExceeded(
                f"the assertions make more than {_MOST_CASES} cases, or more than {_MOST_ATOMS} conditions in them"
            )
    return count, atoms


def _expanded(part: Formula) -> list[list[Atom]]:
    if isinstance(part, Atom):
        return [[part]]
    if not part.every:
        return [atoms for inner in part.parts for atoms in _expanded(inner)]
    found: list[list[Atom]] = [[]]
    for inner in part.parts:
        options = _expanded(inner)
        found = [[*atoms, *more] for atoms in found for more in options]
    return found


def _touches_inputs(atoms: list[Atom]) -> bool:
    return any(kind == "X" for atom in atoms for kind, _ in atom.form.terms)


Box = tuple[tuple[Fraction, ...], tuple[Fraction, ...]]


@dataclass(slots=True)
class _Conjunction:
    """The bounds and constraints of conditions that hold together.

    Attributes:
        lower: the greatest lower bound of each input so far.
        upper: the least upper bound of each input so far.
        constraints: the conditions on outputs.
    """

    lower: list[Fraction | None]
    upper: list[Fraction | None]
    constraints: list[Constraint] = field(default_factory=list)

    def narrowed(self, atoms: list[Atom], shared: Callable[[], Box | None]) -> Case | None:
        """Return the case with more conditions, None where no point meets them.

        Args:
            atoms: the conditions.
            shared: the box without them.
        """
        touched = _touches_inputs(atoms)
        own = _Conjunction(list(self.lower) if touched else [], list(self.upper) if touched else [])
        if not own.take(atoms):
            return None
        box = own.box() if touched else shared()
        return None if box is None else Case(*box, (*self.constraints, *own.constraints))

    def box(self) -> Box | None:
        """Return the box, None where it is empty.

        Raises:
            MalformedInput: an input has no bound.
        """
        for name, bounds in (("lower", self.lower), ("upper", self.upper)):
            if None in bounds:
                raise MalformedInput(f"input {bounds.index(None)} has no {name} bound, in one case at least")
        lower, upper = (tuple(value for value in bounds if value is not None) for bounds in (self.lower, self.upper))
        return None if any(low > high for low, high in zip(lower, upper, strict=True)) else (lower, upper)

    def take(self, atoms: list[Atom]) -> bool:
        """Add conditions; return whether none of them is plainly false."""
        possible = True
        for atom in atoms:
            kinds = {kind for kind, _ in atom.form.terms}
            if len(kinds) > 1:
                raise MalformedInput(f"a condition mixes inputs and outputs: {_names(atom)}")
            if kinds == {"X"}:
                self._bound(atom)
            elif kinds == {"Y"}:
                self.constraints.append(_constraint(atom))
            else:
                possible &= atom.form.constant < 0 or (atom.form.constant == 0 and not atom.strict)
        return possible

    def _bound(self, atom: Atom) -> None:
        if len(atom.form.terms) > 1:
            raise MalformedInput(f"a condition on inputs is no bound of one input: {_names(atom)}")
        ((_, place), factor), *_ = atom.form.terms.items()
        if atom.strict:
            raise MalformedInput(f"a strict bound leaves the box of inputs open: {_names(atom)}")
        value = -atom.form.constant / factor
        bounds, closer = (self.upper, min) if factor > 0 else (self.lower, max)
        old = bounds[place]
        bounds[place] = value if old is None else closer(old, value)


def _constraint(atom: Atom) -> Constraint:
    terms = sorted((place, factor) for (_, place), factor in atom.form.terms.items())
    return Constraint(tuple(terms), -atom.form.constant, atom.strict)


def _names(atom: Atom) -> str:
    return ", ".join(f"{kind}_{place}" for kind, place in list(atom.form.terms)[:4])
