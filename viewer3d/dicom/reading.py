"""How a stack is to be read, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from viewer3d.errors import StackError
from viewer3d.provenance import Irregular


@dataclass(frozen=True)
class Reading:
    """How a stack is to be read; see :func:`viewer3d.load`.

    Raises
    ------
    StackError
        When ``irregular`` is none of its words.
    """

    irregular: Irregular = "resample"
    skip_bad: bool = False
    unit: str | None = None
    identify: bool = False

    def __post_init__(self) -> None:
        if self.irregular not in get_args(Irregular):
            raise StackError(f"irregular={self.irregular!r}: give one of {', '.join(get_args(Irregular))}")
