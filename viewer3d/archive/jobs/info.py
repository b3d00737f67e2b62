"""The job ``info``: the quality report, what ``viewer3d info`` says of a series as columns of a table.

An archive is queried by it for what is wrong in it: ``tilt_degrees > 0.1``, ``unit = ''``, ``missing > 0``. All columns
are there for every volume; what is not known is empty. None names a patient, unless that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from viewer3d.archive.folder_names import without_folders
from viewer3d.archive.item import Item
from viewer3d.archive.jobs.job import SEPARATOR, Context, Made, Number
from viewer3d.archive.jobs.statistics import measured_slices
from viewer3d.core.digest import digest_of_text
from viewer3d.core.geometry import Affine, letters
from viewer3d.core.notes.note import Note, marked
from viewer3d.core.sampling import measured_count
from viewer3d.core.volume import Volume
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.meaning.stack_notes import WIDE_GAP, notes_of
from viewer3d.dicom.meaning.units import meaning_of
from viewer3d.dicom.meaning.value_notes import rescale_row
from viewer3d.dicom.series.identity import frame_of_reference_of
from viewer3d.dicom.series.planned_grid import grid_if_any
from viewer3d.dicom.series.scan import Series
from viewer3d.dicom.series.slice_layout import SliceLayout
from viewer3d.dicom.series.stack import Stack

QUALITY_COLUMNS: Final = {
    "modality": "Modality (0008,0060)",
    "description": "Series Description (0008,103E)",
    "series_number": "Series Number (0020,0011)",
    "stack": "which of the series' volumes, as `--stack` takes it",
    "which": "what tells it from the others: `echo 2, time 0`",
    "kind": "`DICOM`, `NIfTI`, `NRRD`, ...",
    "image_type": "Image Type (0008,0008) of its first image",
    "images": "images in it",
    "columns": "voxels along rows, as it is loaded",
    "rows": "voxels along columns",
    "slices": "voxels across slices",
    "spacing_columns_mm": "between columns",
    "spacing_rows_mm": "between rows",
    "spacing_slices_mm": "between slices",
    "orientation": "where columns, rows and slices lead: `LPH` of an axial volume",
    "resampled": "whether slices were interpolated onto an upright, even grid",
    "residual_mm": "the largest distance of a slice from even steps",
    "tilt_degrees": "between the way from slice to slice and their normal",
    "gap_min_mm": "the smallest distance of neighbours along the normal",
    "gap_usual_mm": "their median",
    "gap_max_mm": "the largest",
    "missing": "gaps more than 1.5 times as wide as usual: slices are missing there",
    "thickness_mm": "Slice Thickness (0018,0050)",
    "unmeasured_mm": "between the thickness of slices and the next one",
    "filled_percent": "of the grid, what lies beside the slices and was not measured",
    "duplicates": "images that are copies of others, left out",
    "unplaced": "images without a place, which no volume has",
    "left_out": "files of the series that cannot be read",
    "left_out_why": "why, of the first",
    "set_apart": "images of the series in other stacks",
    "unit": "of the values: `HU`, `SUVbw`, ...; empty where it is not known",
    "unit_why": "how that was decided, or what it lacks",
    "values": "how stored values become those in the unit",
    "min": "the least value that was measured",
    "max": "the greatest",
    "background": "value of what the scanner did not measure (0028,0120)",
    "lossy": "methods and ratios of lossy compression, if any",
    "transfer_syntax": "Transfer Syntax UID (0002,0010)",
    "bits_stored": "Bits Stored (0028,0101)",
    "inverted": "whether low values are meant to be white (MONOCHROME1)",
    "window_center": "of the files' first window",
    "window_width": "its width",
    "window_shown": "the window that pictures begin with",
    "patient_position": "Patient Position (0018,5100)",
    "frame_of_reference": "SHA-256 of (0020,0052): what has the same lies in one world",
    "burned_in": "images with Burned In Annotation (0028,0301), which may name the patient",
    "not_drawn": "overlay planes and shutters that pictures leave out",
    "problem": "why it is no volume",
    "note_count": "how many notes there are",
    "notes": "all notes, with ` | ` between them",
    "note_ids": "their [ids](notes.md), each once, with ` | ` between them",
    "marked": "how many of them tell of a change of where things are or what they mean",
    "patient": "name and ID; with `--identify` alone",
    "date": "Study, else Series Date as 2001-02-03; with `--identify` alone",
}
"""The columns, in their order, and what each is."""


_WORDS: Final = ("left_out_why", "values", "problem", "notes", "unit_why")
"""Columns with sentences, which may name files: folders may be called as patients are."""


def report_quality(volume: Volume, context: Context) -> Made:
    """Return what ``viewer3d info`` says of a volume, as numbers by the names of :data:`QUALITY_COLUMNS`."""
    return Made((), quality_numbers(context.item, volume))


def quality_numbers(item: Item, volume: Volume | None = None) -> dict[str, Number]:
    """Return the columns of an item; what only loading tells is empty of one that cannot be loaded.

    Parameters
    ----------
    item : Item
    volume : Volume, optional
        As it was loaded.
    """
    known: dict[str, Number] = dict.fromkeys(QUALITY_COLUMNS)
    series, stack = item.series, item.stack
    if series is not None:
        known |= _series_numbers(series)
        if stack is not None:
            known |= _stack_numbers(series, series.stacks[stack - 1]) | {"stack": stack}
    elif item.grid is not None:
        grid, which = item.grid, item.grid.which[(stack or 1) - 1]
        known |= {"kind": grid.kind, "modality": grid.modality, "unit": grid.unit, "stack": stack}
        known |= {"which": ", ".join(f"{name} {value}" for name, value in which.items())}
        known |= _grid_numbers(grid.shape, grid.affine) | _notes(grid.notes)
    if volume is not None:
        known |= _volume_numbers(volume)
    folders = item.folders
    return {
        name: without_folders(value, folders) if isinstance(value, str) and name in _WORDS else value
        for name, value in known.items()
    }


def _series_numbers(series: Series) -> dict[str, Number]:
    refused = series.refused
    return {
        "kind": "DICOM",
        "modality": series.modality,
        "description": series.description,
        "series_number": series.number,
        "left_out": len(refused),
        "left_out_why": refused[0].reason if refused else "",
    }


def _stack_numbers(series: Series, stack: Stack) -> dict[str, Number]:
    frames, first = stack.frames, stack.frames[0]
    others = sum(len(one.frames) for one in series.stacks if one is not stack)
    known: dict[str, Number] = {
        "which": stack.label,
        "image_type": " ".join(first.image_type),
        "images": len(frames),
        "duplicates": len(stack.doubles),
        "unplaced": len(stack.odd),
        "set_apart": others,
        "values": rescale_row(frames).value,
        "lossy": next((one.lossy for one in frames if one.lossy), ""),
        "transfer_syntax": first.stored.transfer_syntax,
        "bits_stored": first.stored.bits_stored,
        "inverted": first.stored.photometric == "MONOCHROME1",
        "burned_in": sum(one.burned_in for one in frames),
        "not_drawn": ", ".join(dict.fromkeys(part for one in frames for part in one.not_drawn)),
        "problem": stack.problem,
    }
    if stack.layout is None:  # it cannot be loaded, and its scaling need not be known
        return known
    if (grid := grid_if_any(stack)) is not None:
        known |= _grid_numbers(grid.shape, grid.affine) | {"resampled": grid.resampled}
    return known | _slice_numbers(first, stack.layout) | _meaning_numbers(series, stack)


def _meaning_numbers(series: Series, stack: Stack) -> dict[str, Number]:
    frames, first = stack.frames, stack.frames[0]
    meaning, uid = meaning_of(frames), frame_of_reference_of(stack)
    window = next((one.windows[0] for one in frames if one.windows), None)
    known: dict[str, Number] = {
        "unit": meaning.unit,
        "unit_why": meaning.lacks or meaning.reason,
        "window_center": None if window is None else window.center,
        "window_width": None if window is None else window.width,
        "patient_position": first.patient_position,
        "frame_of_reference": digest_of_text(uid) if uid else "",
    }
    if first.padding is not None:
        known["background"] = (first.padding * first.slope + first.intercept) * meaning.factor + meaning.offset
    return known | _notes(notes_of(series, stack, meaning=meaning))


def _slice_numbers(first: Frame, layout: SliceLayout) -> dict[str, Number]:
    known: dict[str, Number] = {"thickness_mm": first.thickness}
    if len(layout.positions) == 1:
        return known
    gaps = layout.gaps
    usual = float(np.sort(gaps)[len(gaps) // 2])
    known |= {
        "residual_mm": layout.residual,
        "tilt_degrees": layout.lean,
        "gap_min_mm": float(gaps.min()),
        "gap_usual_mm": usual,
        "gap_max_mm": float(gaps.max()),
        "missing": int(np.count_nonzero(gaps > WIDE_GAP * usual)),
    }
    if first.thickness is not None:
        known["unmeasured_mm"] = max(0.0, usual - first.thickness)
    return known


def _grid_numbers(shape: Sequence[int], affine: Affine) -> dict[str, Number]:
    with np.errstate(all="ignore"):  # numbers of a damaged header are any
        lengths = np.linalg.norm(affine[:3, :3], axis=0).tolist()
    names = ("columns", "rows", "slices")
    leads = "".join(letters(axis)[:1] for axis in affine[:3, :3].T) if np.all(np.array(lengths) > 0) else ""
    return {
        **dict(zip(names, map(int, shape), strict=True)),
        **{f"spacing_{name}_mm": mm for name, mm in zip(names, lengths, strict=True)},
        "orientation": leads,
    }


def _volume_numbers(volume: Volume) -> dict[str, Number]:
    """Return what loading has told: it has decided, and says what it found in the values."""
    known = _grid_numbers(volume.shape, volume.affine) | _notes(volume.notes) | _identity(volume.identity)
    window = volume.window
    known |= {
        "modality": volume.modality,
        "unit": volume.unit,
        "window_shown": str(volume.default_window),
        "window_center": None if window is None else window.center,
        "window_width": None if window is None else window.width,
    }
    known |= dict(zip(("min", "max"), least_and_greatest(volume), strict=True))
    if volume.measured is not None:
        known["filled_percent"] = 100 * (1 - measured_count(volume.measured) / volume.voxels.size)
    return known


def least_and_greatest(volume: Volume) -> tuple[float | None, float | None]:
    """Return the least and the greatest finite value that was measured; None where there is none."""
    ends = [float(end) for values in measured_slices(volume) if values.size for end in (values.min(), values.max())]
    return (min(ends), max(ends)) if ends else (None, None)


def _identity(lines: Sequence[str]) -> dict[str, Number]:
    if not lines:
        return {}
    date = lines[-1] if re.fullmatch(r"\d{4}-\d{2}-\d{2}", lines[-1]) else ""
    return {"patient": ", ".join(one for one in lines if one != date), "date": date or None}


def _notes(notes: Sequence[Note]) -> dict[str, Number]:
    return {
        "note_count": len(notes),
        "notes": SEPARATOR.join(notes),
        "note_ids": SEPARATOR.join(dict.fromkeys(one.id for one in notes)),
        "marked": len(marked(notes)),
    }
