"""Choose a presentation state: by its path, label or number, among those that scanning found."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from viewer3d.core.text import printable
from viewer3d.dicom.objects.dicom_object import PRESENTATIONS, DicomObject
from viewer3d.dicom.objects.find_objects import find_object
from viewer3d.dicom.objects.presentation import PRESENTATION_CLASSES, PresentationState, read_presentation
from viewer3d.errors import ChoiceError, NotFoundError

if TYPE_CHECKING:
    from viewer3d.dicom.read_options import AnyPresentation
    from viewer3d.dicom.series.scan import Scan, Series

_CALL: Final = "viewer3d.load(..., presentation=...)"


def choose_presentation(
    found: Scan, wanted: AnyPresentation | PresentationState, series: Series | None = None
) -> PresentationState:
    """Return the presentation state that is asked for.

    Parameters
    ----------
    found : Scan
        In which it is looked for, if it is no path.
    wanted : path, str, int, DicomObject or PresentationState
        See :func:`viewer3d.load`; not ``"own"``.
    series : Series, optional
        Of two that are called the same, those of this series are meant.

    Raises
    ------
    NotFoundError
        When there is no file of that name, and no presentation state at all.
    ChoiceError
        When several are called so, or none of those that there are.
    BadFileError
        When it cannot be read.
    """
    if isinstance(wanted, PresentationState):
        return wanted
    if isinstance(wanted, DicomObject):
        return _read(wanted)
    # A label may be too long for a path, at which Path.exists raises.
    if isinstance(wanted, os.PathLike) or (isinstance(wanted, str) and os.path.exists(wanted)):  # noqa: PTH110
        return read_presentation(find_object(wanted, PRESENTATION_CLASSES, PRESENTATIONS, _CALL))
    listed = presentations_in(found)
    meant = [one for one in listed if _is_named(one, wanted)]
    own = [one for one in meant if series is not None and series.uid in one.of_series]
    meant = own or meant
    if len(meant) == 1:
        return _read(meant[0])
    if meant:
        several = f"{len(meant)} presentation states are called {wanted!r:.80}; choose one:"
        raise ChoiceError("\n".join([several, *_choices(meant)]))
    problem = f"presentation {wanted!r:.80}: is no file, nor the label or number of a presentation state"
    if listed:
        raise ChoiceError("\n".join([f"{problem}; choose one:", *_choices(listed)]))
    raise NotFoundError(f"{problem} in {found.name}, which holds none: give its file")


def presentations_in(found: Scan, series: Series | None = None) -> list[DicomObject]:
    """Return the presentation states of a scan, or those that refer to images of a series."""
    return [
        one for one in found.objects if one.kind == PRESENTATIONS and (series is None or series.uid in one.of_series)
    ]


def _read(one: DicomObject) -> PresentationState:
    return read_presentation(find_object(one, PRESENTATION_CLASSES, PRESENTATIONS, _CALL))


def _is_named(one: DicomObject, wanted: AnyPresentation) -> bool:
    number = "" if one.tags.number is None else str(one.tags.number)
    given = str(wanted)
    return given in {number, one.tags.uid, one.sop_uid} - {""} or given.casefold() == one.label.casefold() != ""


def _choices(listed: Sequence[DicomObject]) -> list[str]:
    labels = [one.label.casefold() for one in listed]
    numbers = [one.tags.number for one in listed]
    lines = []
    for one in listed[:20]:
        if one.label and labels.count(one.label.casefold()) == 1:
            key = repr(printable(one.label))
        elif one.tags.number is not None and numbers.count(one.tags.number) == 1:
            key = str(one.tags.number)
        else:
            key = repr(one.sop_uid)
        lines.append(f"  presentation={key} (--presentation {key})  {one}  {one.file}")
    return lines
