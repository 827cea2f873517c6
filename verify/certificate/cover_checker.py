"""Re-check that a network is right on whole neighbourhoods of two sets, with the standard library alone.

Run alone: ``python -I cover_checker.py CERTIFICATE``, with checker.py in the same folder. Exit
code 0: the statement was proved again from the weights and the sets; 5: the certificate was
rejected, with one line that says why. It reads its statement but never its conclusion.

What is proved: ``label * f(x) >= margin > 0`` for every x within the closed radius of a set.

How: a grid of cubes is walked from the coarse to the fine. A cube that the certificate lists is
proved by checker.py, as a ball in l-infinity; one that is farther than the radius from every
piece of the set holds no point of the neighbourhood; every other is halved along all axes. From
a box the distance has a closed form, from a polytope a functional named by the certificate
bounds it. So no point of a neighbourhood is left out, whatever the certificate says.
"""

import hashlib
import importlib.util
import json
import math
import sys
from fractions import Fraction
from itertools import product
from pathlib import Path

SCHEMA = "robustproofs/neighbourhood/1"
OTHERS = {
    "robustproofs/certificate/1": "checker.py",
    "robustproofs/count-certificate/1": "count_checker.py",
    "robustproofs/cover-certificate/1": "count_checker.py",
    "robustproofs/volume-certificate/1": "volume_checker.py",
}
MOST_STEPS = 2**22


def sibling():
    """Return checker.py of the same folder as a module."""
    spec = importlib.util.spec_from_file_location("robustproofs_checker", Path(__file__).with_name("checker.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


checker = sibling()
Rejected, need, keys, fraction, integer = (
    checker.Rejected,
    checker.need,
    checker.keys,
    checker.fraction,
    checker.integer,
)


def refuse_other(document):
    """Return a document, unless its schema is that of another checker."""
    schema = document.get("schema") if isinstance(document, dict) else None
    other = OTHERS.get(schema) if isinstance(schema, str) else None
    need(other is None, f"this is a certificate for {other}")
    return document


def row(values, dim, name):
    """Read a list of fractions of one length."""
    need(isinstance(values, list) and len(values) == dim, f"{name} must have {dim} entries")
    return [fraction(value) for value in values]


def product_of(left, right):
    """Return the scalar product."""
    return sum((a * b for a, b in zip(left, right) if a and b), Fraction(0))


# Sets ----------------------------------------------------------------------------------


class BoxPiece:
    """A closed box; its distance from another box has a closed form."""

    def __init__(self, document, dim):
        keys(document, ("kind", "lower", "upper"), "a box")
        self.lower, self.upper = row(document["lower"], dim, "a corner"), row(document["upper"], dim, "a corner")
        need(all(a <= b for a, b in zip(self.lower, self.upper)), "a box is empty")

    def is_apart(self, lower, upper, radius, norm):
        """Return whether a box is farther than the radius."""
        gaps = [max(a - d, c - b, 0) for a, b, c, d in zip(lower, upper, self.lower, self.upper)]
        if norm == "l2":
            return sum(gap * gap for gap in gaps) > radius * radius
        return (max(gaps) if norm == "linf" else sum(gaps)) > radius


class PolytopePiece:
    """The hull of vertices, or what half-spaces have in common; functionals bound distances from it."""

    def __init__(self, document, dim):
        by_vertices = document["kind"] == "vertices"
        names = ("kind", "points", "separators") if by_vertices else ("kind", "rows", "right", "separators")
        keys(document, names, "a polytope")
        rows = document["points" if by_vertices else "rows"]
        need(isinstance(rows, list) and rows, "a polytope needs points or half-spaces")
        self.rows = [row(entry, dim, "a row of a polytope") for entry in rows]
        self.right = None if by_vertices else row(document["right"], len(rows), "the right-hand sides")
        need(isinstance(document["separators"], list), "separators must be a list")
        self.separators = [self.separator(entry, dim) for entry in document["separators"]]
        if by_vertices:
            axes = list(zip(*self.rows))
            self.lower, self.upper = list(map(min, axes)), list(map(max, axes))
        else:
            self.lower = [-self.extent(axis, -1, dim) for axis in range(dim)]
            self.upper = [self.extent(axis, 1, dim) for axis in range(dim)]

    def separator(self, document, dim):
        """Return a functional, its proved largest value on the polytope, and its dual norms."""
        keys(document, ("slope", "multipliers"), "a separator")
        slope = row(document["slope"], dim, "a slope")
        if self.right is None:
            need(document["multipliers"] == [], "vertices need no multipliers")
            most = max(product_of(slope, vertex) for vertex in self.rows)
        else:
            multipliers = row(document["multipliers"], len(self.rows), "the multipliers")
            need(all(value >= 0 for value in multipliers), "a multiplier is negative")
            sums = [product_of(multipliers, column) for column in zip(*self.rows)]
            need(sums == slope, "the multipliers do not add up to the slope")
            most = product_of(multipliers, self.right)
        sizes = [abs(value) for value in slope]
        return slope, most, {"linf": sum(sizes), "l1": max(sizes), "l2": sum(value * value for value in sizes)}

    def extent(self, axis, sign, dim):
        """Return a proved largest value of a coordinate, or of its negative."""
        unit = [Fraction(sign if place == axis else 0) for place in range(dim)]
        found = [most for slope, most, _ in self.separators if slope == unit]
        need(found, "a polytope has no bound along an axis")
        return min(found)

    def is_apart(self, lower, upper, radius, norm):
        """Return whether some functional proves a box to be farther than the radius."""
        for slope, most, sizes in self.separators:
            gap = sum((w * (a if w > 0 else b) for w, a, b in zip(slope, lower, upper) if w), Fraction(0)) - most
            if gap > 0 and (gap * gap > radius * radius * sizes[norm] if norm == "l2" else gap > radius * sizes[norm]):
                return True
        return False


def read_set(documents, dim):
    """Return the pieces of a set."""
    need(isinstance(documents, list) and documents, "a set needs at least one piece")
    pieces = []
    for document in documents:
        kind = document.get("kind") if isinstance(document, dict) else None
        need(kind in ("box", "vertices", "halfspaces"), "a piece is of an unknown kind")
        pieces.append((BoxPiece if kind == "box" else PolytopePiece)(document, dim))
    return pieces


# The cover -----------------------------------------------------------------------------


class Cover:
    """A certificate read: the statement, the sets, and the cubes of every level."""

    def __init__(self, path):
        wanted = ("schema", "statement", "sets", "grid", "levels")
        document = keys(refuse_other(checker.read_json(path)), wanted, "a certificate")
        need(document["schema"] == SCHEMA, "the certificate has an unknown schema")
        wanted = ("norm", "radius", "dim", "network", "nonzero", "margin")
        self.statement = dict(keys(document["statement"], wanted, "the statement"))
        self.norm, self.radius = self.statement["norm"], fraction(self.statement["radius"])
        need(self.norm in ("linf", "l1", "l2") and self.radius >= 0, "the norm or the radius is wrong")
        self.dim = self.statement["dim"]
        need(type(self.dim) is int and self.dim >= 1, "dim must be a positive integer")
        sides = keys(document["sets"], ("positive", "negative"), "the sets")
        self.sets = {1: read_set(sides["positive"], self.dim), -1: read_set(sides["negative"], self.dim)}
        grid = keys(document["grid"], ("first", "side"), "the grid")
        self.first, self.side = fraction(grid["first"]), fraction(grid["side"])
        need(self.side > 0, "the side of a cube must be positive")
        need(isinstance(document["levels"], list) and document["levels"], "there are no levels")
        self.levels = {}
        for entry in document["levels"]:
            keys(entry, ("level", "file", "sha256"), "a level")
            need(type(entry["level"]) is int and 0 <= entry["level"] <= 64, "a level is out of range")
            need(entry["level"] not in self.levels, "a level appears twice")
            self.levels[entry["level"]] = self.cubes(entry["level"], checker.beside(path, entry, "a level"))
        plain = {
            side: [{name: value for name, value in piece.items() if name != "separators"} for piece in sides[side]]
            for side in sides
        }
        self.digest = hashlib.sha256(json.dumps(plain, separators=(",", ":"), sort_keys=True).encode()).hexdigest()

    def cubes(self, level, path):
        """Return the file of a level, its margin, and the labelled cubes that it proves right."""
        proved = checker.Certificate(path)
        statement, data, side = proved.statement, proved.data, self.side / 2**level
        need(statement["norm"] == "linf" and statement["domain"] is None, "a level is not about cubes")
        need(proved.layers[-1].outputs == 1, "the network has several outputs")
        need(statement["radius"] == side / 2, "the cubes of a level have another side")
        need(statement["network"] == self.statement["network"], "a level is about another network")
        need(statement["nonzero"] == self.statement["nonzero"], "the parameter count is wrong")
        need(statement["dim"] == self.dim, "a level has another dimension")
        need(statement["upper"] == 0, "a level does not prove all its cubes")
        found = set()
        for index, label in enumerate(data.labels):
            places = [(Fraction(value, data.scale) - self.first) / side - Fraction(1, 2) for value in data.row(index)]
            need(all(place.denominator == 1 for place in places), "a cube is not of the grid")
            found.add((label, tuple(int(place) for place in places)))
        return path, statement["margin"], found

    def roots(self, piece):
        """Yield closed cubes of level 0 that cover the neighbourhood of a piece."""
        ranges, count = [], 1
        for low, high in zip(piece.lower, piece.upper):
            start = math.floor((low - self.radius - self.first) / self.side)
            stop = math.ceil((high + self.radius - self.first) / self.side)
            if start == stop:
                start, stop = (start - 1, stop) if start > 0 else (start, stop + 1)
            count *= stop - start
            need(count <= MOST_STEPS, "there are too many cubes")
            ranges.append(range(start, stop))
        return product(*ranges)

    def walk(self, label):
        """Require every point of the neighbourhood of a set to lie in a listed cube; return the steps."""
        pieces, deepest, steps = self.sets[label], max(self.levels), 0
        waiting = [(0, cube) for cube in {cube for piece in pieces for cube in self.roots(piece)}]
        while waiting:
            level, cube = waiting.pop()
            steps += 1
            need(steps <= MOST_STEPS, "there are too many cubes")
            if level in self.levels and (label, cube) in self.levels[level][2]:
                continue
            side = self.side / 2**level
            lower = [self.first + side * place for place in cube]
            upper = [value + side for value in lower]
            if all(piece.is_apart(lower, upper, self.radius, self.norm) for piece in pieces):
                continue
            need(level < deepest, "a cube that meets a neighbourhood is in no list")
            need(len(waiting) + 2**self.dim <= MOST_STEPS, "there are too many cubes")
            halves = product(*((2 * place, 2 * place + 1) for place in cube))
            waiting.extend((level + 1, half) for half in halves)
        return steps


def check(path, prove=checker.check):
    """Prove the statement of a certificate again; return it as one sentence.

    Raises:
        Rejected: the certificate is malformed or does not prove its statement.
    """
    cover = Cover(Path(path))
    for label in (1, -1):
        cover.walk(label)
    for where, _, _ in cover.levels.values():
        prove(where)
    margin = min(margin for _, margin, _ in cover.levels.values())
    need(margin > 0 and str(margin) == cover.statement["margin"], "the stated margin is not the proved one")
    cubes = sum(len(found) for _, _, found in cover.levels.values())
    sides = " and ".join(str(len(cover.sets[label])) for label in (1, -1))
    return (
        f"proved: the network is right within {cover.norm} radius {cover.radius} of both sets, of {sides} pieces in "
        f"dimension {cover.dim}, margin {margin}, on {cubes} cubes that cover them; network "
        f"{cover.statement['network'][:16]} with {cover.statement['nonzero']} nonzero parameters, sets "
        f"{cover.digest[:16]}"
    )


def main(arguments):
    """Check the files named on the command line; return the exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if arguments else 2
    code = 0
    for name in arguments:
        try:
            print(checker.plain(f"{name}: {check(name)}"))
        except Rejected as error:
            print(checker.plain(f"{name}: rejected: {error}"))
            code = 5
        except (
            OSError,
            TypeError,
            KeyError,
            IndexError,
            ValueError,
            ArithmeticError,
            MemoryError,
            AttributeError,
        ) as e:
            print(checker.plain(f"{name}: rejected: malformed certificate ({type(e).__name__}: {str(e)[:80]})"))
            code = 5
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
