"""Options of reading a stack, as one value."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, get_args

from viewer3d.core.provenance import Irregular
from viewer3d.dicom.memory import parse_memory
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.errors import StackError

if TYPE_CHECKING:
    from viewer3d.dicom.objects.presentation import PresentationState

AnyPresentation: TypeAlias = str | int | os.PathLike[str] | DicomObject
"""A presentation state by its path, label, number or as it was found; or ``"own"``, what images have themselves."""


@dataclass(frozen=True)
class ReadOptions:
    """Options of reading a stack, see :func:`viewer3d.load`.

    Raises
    ------
    StackError
        When ``irregular`` is none of its values.
    ViewError
        When ``max_memory`` is no amount of memory.
    """

    irregular: Irregular = "resample"
    skip_bad: bool = False
    unit: str | None = None
    identify: bool = False
    max_memory: int | str | None = None
    presentation: AnyPresentation | PresentationState | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        if self.irregular not in get_args(Irregular):
            raise StackError(f"irregular={self.irregular!r}: give one of {', '.join(get_args(Irregular))}")
        if self.max_memory is not None:
            parse_memory(self.max_memory)
