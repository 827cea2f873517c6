"""The errors a user can meet, each naming the value that caused it."""


class InexactInput(ValueError):
    """A number is not exact (a float, NaN or infinity) where an exact one is needed."""


class AssumptionViolated(ValueError):
    """A hypothesis of a statement or a builder fails on this instance.

    Args:
        message: what fails, with the values.
        assumption: the short name of the hypothesis, as registered.
    """

    def __init__(self, message: str, assumption: str = "") -> None:
        super().__init__(message)
        self.assumption = assumption


class MalformedInput(ValueError):
    """A file or a specification is damaged, forged, or not of the expected format."""


class UsageError(ValueError):
    """A request does not parse: an unknown name, a bad option, a missing file."""


class BudgetExceeded(RuntimeError):
    """A job cannot fit the memory budget; refused before it starts, with the estimate."""


class TimeLimit(Exception):
    """A whole command ran past its time limit."""
