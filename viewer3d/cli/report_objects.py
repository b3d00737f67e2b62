"""What lies over images, as segmentations and structure sets do, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from viewer3d.core.notes.note import Note
from viewer3d.core.text import printable
from viewer3d.dicom.objects.dicom_object import PRESENTATIONS, REGISTRATION_KIND
from viewer3d.errors import Viewer3DError

if TYPE_CHECKING:
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.dicom.objects.dicom_object import DicomObject
    from viewer3d.dicom.series.scan import Scan, Series

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


def object_text(found: Scan, one: DicomObject, *, is_measured: bool = False) -> str:
    """Return what an object is, what it lies over and what is in it, one line each.

    Parameters
    ----------
    found : Scan
        In which the series are looked for that it lies over.
    one : DicomObject
    is_measured : bool
        Whether segments and ROIs are read and their volumes are told.
    """
    rows = [("uid", one.tags.uid), ("file", one.file), ("is", f"a {one.kind} of {one.size}")]
    topic = {PRESENTATIONS: "images", REGISTRATION_KIND: "leads"}.get(one.kind, "lies")
    rows += [(topic, place)] if (place := _place(found, one)) else []
    rows += [("called", one.label)] if one.label else []
    call = {
        PRESENTATIONS: f"(..., presentation={one.label or one.file!r})",
        REGISTRATION_KIND: f"({one.file!r}, base, overlay)",
    }
    rows += [("read by", f"{one.read_by}{call.get(one.kind, f'({one.file!r})')}")]
    parts, notes = _measured(one) if is_measured else ({}, ())
    for turn, (number, name) in enumerate(one.contents):
        more = _measures_text(parts[number]) if number in parts else _from_where(found, one, number)
        rows.append((f"{one.part}s" if turn == 0 else "", ", ".join(filter(None, (f"{number} {name}", more)))))
    rows += [("note", note) for note in notes]
    width = max(len(topic) for topic, _ in rows)
    return "\n".join([str(one), *(f"  {topic:{width}}  {printable(value)}" for topic, value in rows)])


def objects_json(found: Scan, objects: Sequence[DicomObject], *, is_measured: bool = False) -> dict[str, Any]:
    """Return the same as values for JSON, below ``"objects"``; nothing where there are none."""
    return {"objects": [_object_json(found, one, is_measured=is_measured) for one in objects]} if objects else {}


def _object_json(found: Scan, one: DicomObject, *, is_measured: bool) -> dict[str, Any]:
    parts, notes = _measured(one) if is_measured else ({}, ())
    values: dict[str, Any] = {
        "kind": one.kind,
        "series": one.tags.number,
        "uid": one.tags.uid,
        "modality": one.tags.modality,
        "description": one.tags.description,
        "file": one.file,
        **({"label": one.label} if one.label else {}),
        f"{one.part.lower()}s": [
            {"number": number, "name": name, **parts.get(number, {})} for number, name in one.contents
        ],
        "lies_over": [series.uid for series in found.series_of(one)],
        **({"notes": list(notes), "notes_data": [note.as_dict() for note in notes]} if is_measured else {}),
    }
    if one.kind == REGISTRATION_KIND:
        del values["lies_over"]
        to, *sources = [[series.uid for series in _in_frame(found, one, n)] for n in range(len(one.contents) + 1)]
        values["leads_to"] = to
        for item, source in zip(values["transforms"], sources, strict=True):
            item["leads_from"] = source
    return values


def _measured(one: DicomObject) -> tuple[dict[int, dict[str, Any]], tuple[Note, ...]]:
    """Return what is told of each segment or ROI, by number, and the notes of reading them."""
    from viewer3d.core.structures import StructureSet  # noqa: PLC0415 (headers need none of it)
    from viewer3d.formats.load_overlay import WITH_REGIONS, read_regions  # noqa: PLC0415

    if one.kind not in WITH_REGIONS:
        return {}, ()
    try:
        regions = read_regions(one)
    except Viewer3DError as error:
        return {}, (Note(f"cannot be read: {error}", "files.unreadable", files=[one.file]),)
    if isinstance(regions, StructureSet):
        measures = {roi.number: regions.measure(roi.number) for roi in regions.rois}
        rois = {
            roi.number: {"type": roi.type, "contours": len(roi.contours), "ml": measures[roi.number].ml}
            for roi in regions.rois
        }
        told = (note for roi in regions.rois if roi.closed for note in measures[roi.number].notes)
        return rois, (*regions.notes, *told)
    measured = {part.number: regions.measure(part.number) for part in regions.segments}
    kinds = {part.number: "" if part.type is None else str(part.type) for part in regions.segments}
    segments = {n: {"type": kinds[n], "voxels": found.voxels, "ml": found.ml} for n, found in measured.items()}
    return segments, regions.notes


def label_map_text(path: str, labels: Segmentation) -> str:
    """Return what a label map in NIfTI or NRRD is and what is in it, one line each."""
    values = label_map_json(path, labels)["objects"][0]
    size, spacing = (" x ".join(f"{n:.4g}" for n in values[name]) for name in ("shape", "spacing"))
    count = len(labels.segments)
    rows = [("is", f"a label map of {count} segment{'' if count == 1 else 's'}, {size}, {spacing} mm")]
    rows.append(("lies", "in a frame of reference that it does not say: on the grid of its images, or as it is told"))
    rows.append(("read by", f"viewer3d.load_segmentation({path!r})"))
    for turn, one in enumerate(values["segments"]):
        more = _measures_text({"type": "", **one})
        rows.append(("segments" if turn == 0 else "", f"{one['number']} {one['name']}, {more}"))
    rows += [("note", note) for note in labels.notes]
    width = max(len(topic) for topic, _ in rows)
    return "\n".join([printable(path), *(f"  {topic:{width}}  {printable(value)}" for topic, value in rows)])


def label_map_json(path: str, labels: Segmentation) -> dict[str, Any]:
    """Return the same as values for JSON, as those of DICOM objects."""
    measured = [labels.measure(one.number) for one in labels.segments]
    return {
        "path": path,
        "series": [],
        "objects": [
            {
                "kind": "label map",
                "file": path,
                "shape": list(labels.geometry.shape),
                "spacing": list(labels.geometry.spacing),
                "segments": [
                    {"number": one.number, "name": one.name, "voxels": one.voxels, "ml": one.ml} for one in measured
                ],
                "notes": list(labels.notes),
                "notes_data": [note.as_dict() for note in labels.notes],
            }
        ],
        "refused": {},
    }


def _measures_text(part: dict[str, Any]) -> str:
    ml = "no volume" if part["ml"] is None else f"{part['ml']:.2f} ml"
    count = f"{part['contours']} contours" if "contours" in part else f"{part['voxels']:,} voxels"
    return ", ".join(filter(None, (part["type"], count, ml)))


def _in_frame(found: Scan, one: DicomObject, number: int) -> tuple[Series, ...]:
    """Return the series in a frame of reference of a registration: 0 leads to it, others lead from it."""
    frame = one.frames_of_reference[number : number + 1]
    return found.series_of(replace(one, frames_of_reference=frame)) if any(frame) else ()


def _numbers(series: Sequence[Series]) -> str:
    return " and ".join("one without a number" if one.number is None else str(one.number) for one in series)


def _from_where(found: Scan, one: DicomObject, number: int) -> str:
    """Return which series a transform of a registration leads from, in words."""
    if one.kind != REGISTRATION_KIND:
        return ""
    if not one.frames_of_reference[number]:
        return "of images that do not name their frame of reference, which are not matched"
    over = _in_frame(found, one, number)
    return f"from series {_numbers(over)}" if over else "from a frame of reference of no series here"


def _place(found: Scan, one: DicomObject) -> str:
    """Return which series an object lies over or leads between, by frames of reference, in words."""
    over = _numbers(found.series_of(one))
    if one.kind == PRESENTATIONS:
        return f"of series {over}" if over else "of no series here"
    if one.kind == REGISTRATION_KIND:
        to = _numbers(_in_frame(found, one, 0))
        sources = dict.fromkeys(frame for frame in one.frames_of_reference[1:] if frame != one.frames_of_reference[0])
        places = [one.frames_of_reference.index(frame, 1) for frame in sources]
        from_ = " and ".join(filter(None, (_numbers(_in_frame(found, one, place)) for place in places)))
        leads = (f"from series {from_}" if from_ else "", f"to series {to}" if to else "to no series here")
        return " ".join(filter(None, leads))
    if not one.frames_of_reference and one.kind == "plan":
        return ""  # most plans leave that to their structure set
    if not one.frames_of_reference:
        return "in no frame of reference"
    return f"over series {over}" if over else "in the frame of reference of no series here"
