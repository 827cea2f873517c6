"""Orders of magnitude that papers state without explicit constants: shown as text, never as sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

Applies = Callable[[int, int, Fraction], bool]


@dataclass(frozen=True, slots=True)
class StatedOrder:
    """One statement of a paper on the size of robust memorizers, up to a constant.

    Attributes:
        source: paper and place.
        key: of the paper in ``proofs_notes/references.bib``.
        kind: ``upper`` (networks exist) or ``lower``.
        norms: for which it is stated.
        order: of the number of parameters, in N, d and rho = radius / eps.
        counts: ``nonzero`` or ``dense`` parameters, or both.
        range: of rho, as text.
        applies: whether rho is in that range, on (N, d, rho); ``None`` where the range has a
            constant that is not explicit.
    """

    source: str
    key: str
    kind: str
    norms: tuple[str, ...]
    order: str
    counts: str
    range: str
    applies: Applies | None

    def ratios(self, points: int, dim: int, ratios: tuple[Fraction, ...]) -> tuple[Fraction, ...] | None:
        """Return the ratios in its range; ``None`` where that cannot be told."""
        if self.applies is None:
            return None
        return tuple(ratio for ratio in ratios if self.applies(points, dim, ratio))


def stated_orders(norm: str) -> tuple[StatedOrder, ...]:
    """Return the statements about a norm, upper bounds first."""
    return tuple(entry for entry in _STATED if norm in entry.norms)


def _tiny(points: int, dim: int, ratio: Fraction) -> bool:
    """Whether rho is at most ``1 / (5 N sqrt(d))``, decided by squares."""
    return 25 * points * points * dim * ratio * ratio <= 1


def _small(points: int, dim: int, ratio: Fraction) -> bool:
    """Whether rho is at most ``1 / (5 sqrt(d))``, decided by squares."""
    return 25 * dim * ratio * ratio <= 1


_STATED = (
    StatedOrder(
        "Kim, Moon, Yun 2025, Theorem 4.2 (i)",
        "kim2025cost",
        "upper",
        ("l2",),
        "sqrt(N) + d, times logarithms",
        "nonzero and dense",
        "rho <= 1/(5 N sqrt(d))",
        _tiny,
    ),
    StatedOrder(
        "Kim, Moon, Yun 2025, Theorem 4.2 (ii)",
        "kim2025cost",
        "upper",
        ("l2",),
        "N d^(1/4) rho^(1/2) + d, times logarithms; robust except on a small part of each ball",
        "nonzero and dense",
        "1/(5 N sqrt(d)) < rho <= 1/(5 sqrt(d))",
        lambda points, dim, ratio: _small(points, dim, ratio) and not _tiny(points, dim, ratio),
    ),
    StatedOrder(
        "Kim, Moon, Yun 2025, Theorem 4.2 (iii)",
        "kim2025cost",
        "upper",
        ("l2",),
        "N d^2 rho^4, times logarithms",
        "dense",
        "rho > 1/(5 sqrt(d))",
        lambda points, dim, ratio: not _small(points, dim, ratio),
    ),
    StatedOrder(
        "Egosi, Yehudai, Shamir 2025",
        "egosi2025logarithmic",
        "upper",
        ("l2",),
        "N, times logarithms, at width log N",
        "nonzero and dense",
        "rho <= c/sqrt(d)",
        None,
    ),
    StatedOrder(
        "Yu, Gao, Zhang 2024, Theorem B.6",
        "yu2024optimal",
        "upper",
        ("l2",),
        "N d (log(d/((1 - rho) eps)^2) + log(largest coordinate))",
        "nonzero",
        "every rho",
        lambda points, dim, ratio: True,
    ),
    StatedOrder(
        "Yu, Gao, Zhang 2024, Theorem 4.8",
        "yu2024optimal",
        "upper",
        ("linf",),
        "N d, at width 3 d + 1 and depth 2 N + 1",
        "nonzero",
        "every rho",
        lambda points, dim, ratio: True,
    ),
    StatedOrder(
        "Li, Jin, Zhong, Hopcroft, Wang 2022, Theorem 2.2",
        "li2022robust",
        "upper",
        ("l2", "linf"),
        "N d log(d/radius) + N polylog(N/radius), in the unit ball",
        "nonzero",
        "rho < 1/2",
        lambda points, dim, ratio: ratio < Fraction(1, 2),
    ),
    StatedOrder(
        "Li, Jin, Zhong, Hopcroft, Wang 2022, Theorem 2.3",
        "li2022robust",
        "lower",
        ("l2", "linf"),
        "sqrt(N d), as printed for every rho; see the errata",
        "nonzero",
        "every rho",
        lambda points, dim, ratio: True,
    ),
)
