"""What can come of a case, and the table of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What came of a case; the first four are as it should be."""

    RIGHT = "right"
    """Values and geometry of the undamaged series, or the file whole."""
    ERROR = "clear error"
    """Of ``viewer3d.errors``: a line, which names the file where it is about one."""
    TOLD = "other values, told"
    """Other values or another geometry than the undamaged series has, and a note or a list of files left out."""
    OTHER = "other values"
    """The same without a word: the damaged file is as good as any other of such values."""
    BROKEN = "broken promise"
    """An error that is not clear, a volume that is none, half a file."""
    FOREIGN = "foreign exception"
    CRASH = "crash"
    HANG = "hang"


BAD = (Outcome.BROKEN, Outcome.FOREIGN, Outcome.CRASH, Outcome.HANG)


@dataclass(frozen=True)
class Result:
    """What came of one case.

    Attributes
    ----------
    kind, number
        Its name, with the seed.
    source : str
        What was damaged.
    how : str
        What was done to it.
    outcome : Outcome
    text : str
        The error, or the traceback of what should not be.
    seconds : float
    """

    kind: str
    number: int
    source: str
    how: str
    outcome: Outcome
    text: str = ""
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """What ``--replay`` takes."""
        return f"{self.kind}:{self.number}"

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_plain(cls, values: dict[str, Any]) -> Result:
        return cls(**{**values, "outcome": Outcome(values["outcome"])})


def table(results: Iterable[Result], *, by_source: Sequence[str] = ()) -> str:
    """Return the outcomes by kind as a table of Markdown; some kinds have a row for each source besides."""
    counts: dict[tuple[str, str], Counter[Outcome]] = defaultdict(Counter)
    for one in results:
        counts[one.kind, ""][one.outcome] += 1
        if one.kind in by_source:
            counts[one.kind, one.source][one.outcome] += 1
    lines = [f"| kind | cases | {' | '.join(Outcome)} |", f"|---|---|{'---|' * len(Outcome)}"]
    for (kind, source), found in sorted(counts.items()):
        numbers = [f"{n:,}" for n in (found.total(), *(found[outcome] for outcome in Outcome))]
        lines.append(f"| {f'... {source}' if source else kind} | {' | '.join(numbers)} |")
    return "\n".join(lines)
