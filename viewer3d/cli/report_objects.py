"""What lies over images, as segmentations and structure sets do, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from viewer3d.core.text import printable
from viewer3d.dicom.objects.dicom_object import PRESENTATIONS

if TYPE_CHECKING:
    from viewer3d.dicom.objects.dicom_object import DicomObject
    from viewer3d.dicom.series.scan import Scan

NAMED: Final = 6
"""Names of segments or ROIs in a line of a table."""


def meant_objects(found: Scan, series: str | None, stack: int | None) -> tuple[DicomObject, ...]:
    """Return the objects that were asked about: all, or those of the chosen series; none of a stack.

    Parameters
    ----------
    found : Scan
    series : str, optional
        Series Number or Series Instance UID.
    stack : int, optional
    """
    if stack is not None:
        return ()
    return tuple(one for one in found.objects if series is None or series in (one.tags.uid, str(one.tags.number)))


def object_row(found: Scan, one: DicomObject) -> tuple[str, str, str, str, str, str]:
    """Return the row of an object in the table of series."""
    number = "-" if one.tags.number is None else str(one.tags.number)
    what = ", ".join(filter(None, (one.label, one.tags.description, one.listed(NAMED), _place(found, one))))
    return number, "-", one.tags.modality or "-", one.size, "-", what


def object_text(found: Scan, one: DicomObject) -> str:
    """Return what an object is, what it lies over and what is in it, one line each.

    Parameters
    ----------
    found : Scan
        In which the series are looked for that it lies over.
    one : DicomObject
    """
    rows = [("uid", one.tags.uid), ("file", one.file), ("is", f"a {one.kind} of {one.size}")]
    topic = "images" if one.kind == PRESENTATIONS else "lies"
    rows += [(topic, place)] if (place := _place(found, one)) else []
    rows += [("called", one.label)] if one.label else []
    call = f"(..., presentation={one.label or one.file!r})" if one.kind == PRESENTATIONS else f"({one.file!r})"
    rows += [("read by", f"{one.read_by}{call}")]
    for turn, (number, name) in enumerate(one.contents):
        rows.append((f"{one.part}s" if turn == 0 else "", f"{number} {name}"))
    width = max(len(topic) for topic, _ in rows)
    return "\n".join([str(one), *(f"  {topic:{width}}  {printable(value)}" for topic, value in rows)])


def objects_json(found: Scan, objects: Sequence[DicomObject]) -> dict[str, Any]:
    """Return the same as values for JSON, below ``"objects"``; nothing where there are none."""
    return {"objects": [_object_json(found, one) for one in objects]} if objects else {}


def _object_json(found: Scan, one: DicomObject) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "series": one.tags.number,
        "uid": one.tags.uid,
        "modality": one.tags.modality,
        "description": one.tags.description,
        "file": one.file,
        **({"label": one.label} if one.label else {}),
        f"{one.part.lower()}s": [{"number": number, "name": name} for number, name in one.contents],
        "lies_over": [series.uid for series in found.series_of(one)],
    }


def _place(found: Scan, one: DicomObject) -> str:
    """Return which series an object lies over, by its frame of reference, in words."""
    if one.kind == PRESENTATIONS:
        of = [
            "one without a number" if series.number is None else str(series.number) for series in found.series_of(one)
        ]
        return f"of series {' and '.join(of)}" if of else "of no series here"
    if not one.frames_of_reference and one.kind == "plan":
        return ""  # most plans leave that to their structure set
    if not one.frames_of_reference:
        return "in no frame of reference"
    over = ["one without a number" if series.number is None else str(series.number) for series in found.series_of(one)]
    return f"over series {' and '.join(over)}" if over else "in the frame of reference of no series here"
