"""What the ROIs of a DICOM structure set are: numbers, names, colours and types (PS3.3 C.8.8.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewer3d.core.notes.note import Note
from viewer3d.core.structures import Roi
from viewer3d.core.text import one_line

if TYPE_CHECKING:
    from pydicom import Dataset


def read_rois(dataset: Dataset, notes: list[Note]) -> dict[int, Roi]:
    """Return the ROIs of Structure Set ROI Sequence (3006,0020) by number, without contours."""
    common = _common_frame(dataset)
    found: dict[int, Roi] = {}
    for turn, item in enumerate(dataset.get("StructureSetROISequence") or ()):
        number = whole_number(item.get("ROINumber"))
        if number is None:
            text = f"Item {turn + 1} of Structure Set ROI Sequence has no ROI Number (3006,0022): left out."
            notes.append(Note(text, "structures.no_number"))
        elif number in found:
            notes.append(
                Note(f"Structure Set ROI Sequence lists ROI {number} twice; the first was taken.", "structures.twice")
            )
        else:
            frame = text_of(item, "ReferencedFrameOfReferenceUID") or common
            name = text_of(item, "ROIName") or f"ROI {number}"
            found[number] = Roi(
                number, name, (0, 0, 0), frame_of_reference=frame, algorithm=text_of(item, "ROIGenerationAlgorithm")
            )
    return found


def _common_frame(dataset: Dataset) -> str:
    """Return the frame of reference of the set as a whole; empty where it has none or several."""
    items = dataset.get("ReferencedFrameOfReferenceSequence") or ()
    listed = {uid for item in items if (uid := text_of(item, "FrameOfReferenceUID"))}
    return listed.pop() if len(listed) == 1 else text_of(dataset, "FrameOfReferenceUID")


def roi_colors(dataset: Dataset) -> dict[int, tuple[int, int, int]]:
    """Return the ROI Display Colors (3006,002A) that are three numbers of 0 to 255, by number."""
    found: dict[int, tuple[int, int, int]] = {}
    for item in dataset.get("ROIContourSequence") or ():
        number, color = whole_number(item.get("ReferencedROINumber")), item.get("ROIDisplayColor")
        parts = [whole_number(one) for one in color] if color is not None and hasattr(color, "insert") else []
        whole = [one for one in parts if one is not None and 0 <= one <= 255]
        if number is not None and len(whole) == 3 == len(parts):
            found.setdefault(number, (whole[0], whole[1], whole[2]))
    return found


def roi_types(dataset: Dataset) -> dict[int, str]:
    """Return the RT ROI Interpreted Types (3006,00A4) by number of the ROI."""
    found: dict[int, str] = {}
    for item in dataset.get("RTROIObservationsSequence") or ():
        number = whole_number(item.get("ReferencedROINumber"))
        if number is not None and (kind := text_of(item, "RTROIInterpretedType")):
            found.setdefault(number, kind)
    return found


def text_of(item: Dataset, keyword: str) -> str:
    """Return an attribute as one line of text; empty where it is absent."""
    value: Any = item.get(keyword)
    return "" if value is None else one_line(str(value)).strip()


def whole_number(value: Any) -> int | None:
    """Return a value as a whole number; None where it is none."""
    try:
        return None if value is None or value == "" else int(value)
    except (TypeError, ValueError):
        return None
