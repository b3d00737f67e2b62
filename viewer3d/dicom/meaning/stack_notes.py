"""Notes on a stack: what was irregular in its images, and what was done about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from viewer3d.core.members import member_text
from viewer3d.core.notes.note import Note
from viewer3d.core.provenance import Irregular
from viewer3d.core.sampling import measured_count
from viewer3d.core.volume import Volume
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.meaning.units import Meaning, meaning_of
from viewer3d.dicom.meaning.value_notes import value_notes
from viewer3d.dicom.pixels.resample import measured_of, plan_grid
from viewer3d.dicom.series.dimensions import DIMENSION_ATTRIBUTES
from viewer3d.dicom.series.identity import references_of
from viewer3d.dicom.series.planned_grid import planned_grid
from viewer3d.dicom.series.scan import Series
from viewer3d.dicom.series.slice_layout import LONE_STEP, SliceLayout
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import StackError

NOTED_RESIDUAL: Final = 0.001
"""mm: positions that deviate less do so because they are decimal text, and get no note."""

WIDE_GAP: Final = 1.5
"""Relative to the finest gap: a wider one is a missing slice, not an uneven one."""


def notes_of(
    series: Series,
    stack: Stack,
    irregular: Irregular = "resample",
    meaning: Meaning | None = None,
    *,
    are_drawn: bool = False,
) -> tuple[Note, ...]:
    """Return a note on each irregularity, and on overlay planes and shutters, if not `are_drawn`."""
    meaning = meaning or meaning_of(stack.frames)
    layout = stack.layout
    notes: list[Note] = []
    if layout is not None:
        notes = [*_geometry_notes(layout, irregular), *_filled_note(stack, irregular)]
        notes += _thickness_note(stack.frames[0], layout)
    if stack.assumed and layout is not None:
        notes.insert(0, _assumed_note(stack.assumed, layout))
    notes += _disagreement_notes(stack)
    notes += inverted_notes(stack.frames)
    notes += burned_in_notes(stack.frames)
    notes += _window_notes(stack.frames)
    if stack.doubles:
        notes.append(_doubles_note([other.name for _, other in stack.doubles]))
    notes += _order_notes(series, stack)
    notes += _others_notes(series, stack)
    return (*notes, *value_notes(series.modality, stack.frames, meaning, are_drawn=are_drawn))


def inverted_notes(frames: Sequence[Frame]) -> list[Note]:
    """Return a note if low values are meant black in some frames and white in others (PS3.3 C.7.6.3.1.2)."""
    first = frames[0].stored.photometric
    if not (others := [frame.stored.photometric for frame in frames if frame.stored.photometric != first]):
        return []
    text = (
        f"{len(others)} of {len(frames)} images are {others[0]} and shown as {first}, which the first one is: their "
        "black and white are exchanged."
    )
    return [Note(text, "images.inverted_in_part", frames=len(others))]


def burned_in_notes(frames: Sequence[Frame]) -> list[Note]:
    """Return a note if the pixels of frames may name the patient."""
    if not (burned := sum(frame.burned_in for frame in frames)):
        return []
    text = (
        f"Burned In Annotation (0028,0301) is YES in {burned} of {len(frames)} images: their pixels may hold "
        "text that names the patient, and so may every picture of them."
    )
    return [Note(text, "images.burned_in", frames=burned)]


def _doubles_note(names: Sequence[str]) -> Note:
    text = (
        f"{len(names)} images are the same picture at the same position as another: left out ({', '.join(names[:3])}"
        f"{' ...' if len(names) > 3 else ''})."
    )
    return Note(text, "images.duplicates", files=names, frames=len(names))


def _others_notes(series: Series, stack: Stack) -> list[Note]:
    """Return notes on other images of the series, and on files of it that were left out."""
    notes = []
    # Without its bad images a stack is another object; it is recognized by its frames.
    own = {id(frame) for frame in (*stack.frames, *(other for _, other in stack.doubles))}
    others = [other for other in series.stacks if not any(id(frame) in own for frame in other.frames)]
    if others:
        count = sum(len(other.frames) for other in others)
        text = (
            f"{count} other images of the series were set apart: "
            + "; ".join(f"{len(other.frames)} x {other.label or 'alike'}" for other in others[:4])
            + (" ..." if len(others) > 4 else "")
            + "."
        )
        notes.append(Note(text, "images.set_apart", frames=count))
    if refused := series.refused:
        text = f"{len(refused)} files of the series were left out: {refused[0].reason}."
        notes.append(Note(text, "files.left_out", files=[one.name for one in refused]))
    return notes


def _assumed_note(assumed: tuple[str, ...], layout: SliceLayout) -> Note:
    count = len(layout.positions)
    if "position" in assumed:
        spacing = " x ".join(f"{mm:g}" for mm in (*layout.spacing, layout.step_length))
        rest = "" if "pixel_spacing" in assumed else "; Pixel Spacing is that of the files"
        text = f"The headers do not say where the images are: a spacing of {spacing} mm was given by hand{rest}."
        return Note(text, "slices.spacing_given", frames=count)
    if "pixel_spacing" in assumed:
        spacing = " x ".join(f"{mm:g}" for mm in layout.spacing)
        text = f"The headers have no Pixel Spacing: {spacing} mm was given by hand; positions are those of the files."
        return Note(text, "slices.pixel_spacing_given", frames=count)
    text = "The headers have no Image Orientation (Patient): the images were taken as axial, at their own positions."
    return Note(text, "slices.orientation_assumed", frames=count)


def _disagreement_notes(stack: Stack) -> list[Note]:
    """Return a note on each attribute in which the images of a stack should agree and do not."""
    count, notes = len(stack.frames), []
    tags = {frame.series for frame in stack.frames}
    if (uids := len({one.uid for one in tags})) > 1:
        text = f'{count} images of {uids} series were loaded as one, as series="*" asks.'
        notes.append(Note(text, "images.several_series", frames=count))
    elif (studies := len({one.study_uid for one in tags})) > 1:
        text = f"The {count} images name {studies} studies; they are one series by their Series Instance UID."
        notes.append(Note(text, "images.several_studies", frames=count))
    if (references := len(references_of(stack))) > 1:
        text = (
            f"The {count} images name {references} frames of reference; they were taken as one, because they follow on "
            "in even steps."
        )
        notes.append(Note(text, "images.several_frames", frames=count))
    elif references and (unnamed := sum(not frame.series.frame_of_reference for frame in stack.frames)):
        text = f"{unnamed} of {count} images name no frame of reference: they were taken to be in the others'."
        notes.append(Note(text, "images.frame_unnamed", frames=unnamed))
    kinds = Counter(" ".join(frame.image_type[2:]) or "nothing" for frame in stack.frames)
    if len(kinds) > 1:
        counts = ", ".join(f"{kind} in {number}" for kind, number in kinds.most_common(3))
        text = f"Image Type (0008,0008) differs between slices of one stack: from its third value {counts}."
        notes.append(Note(text, "images.types_differ", frames=count))
    return notes


def _order_notes(series: Series, stack: Stack) -> list[Note]:
    """Return notes on a guessed order of images at one position and on left over images."""
    notes, own = [], len(stack.frames)
    if stack.guess:
        text = (
            f"Which of the images at one position belong together is a guess, by the order of {stack.guess}: nothing "
            "else tells them apart."
        )
        notes.append(Note(text, "images.order_guessed", frames=own))
    if DIMENSION_ATTRIBUTES["GEDirection"].spelled in stack.by.values():
        text = "The direction is in the axes of the image, as GE writes it, not in those of the patient."
        notes.append(Note(text, "images.ge_direction", frames=own))
    left_over = [(number, other) for number, other in enumerate(series.stacks, 1) if other.left_over]
    if left_over and not stack.left_over:
        count = sum(len(other.frames) for _, other in left_over)
        names = "; ".join(f"{other.label}, stack {number}" for number, other in left_over[:3])
        text = (
            f"The series was interrupted: {count} images of a volume that was not finished are left over, and can be "
            f"loaded by name ({names}{' ...' if len(left_over) > 3 else ''})."
        )
        notes.append(Note(text, "images.interrupted", frames=count))
    if stack.left_over:
        notes.append(Note(f"This is {stack.problem}.", "images.left_over", frames=own))
    return notes


def irregularity(layout: SliceLayout) -> str:
    """Return why no affine describes the positions of slices, for an error or a note."""
    why = [] if layout.upright else [f"the gantry was tilted by {layout.lean:.2f} degrees"]
    why += [] if layout.even else [f"slices are up to {layout.residual:.4g} mm off even steps"]
    return " and ".join(why)


def _geometry_notes(layout: SliceLayout, irregular: Irregular) -> list[Note]:
    count = len(layout.positions)
    if count == 1:
        text = f"A single image has no second position: its slice spacing is set to {LONE_STEP:g} mm."
        return [Note(text, "slices.single", frames=1)]
    if irregular == "keep" and not layout.regular:
        away = layout.upright_fit[1]
        text = f"Slices were kept though {irregularity(layout)}: on the affine they lie up to {away:.4g} mm off."
        return [Note(text, "slices.kept", frames=count, moved_mm=away)]
    notes = []
    if not layout.upright:
        drift = _drift(layout)
        text = (
            f"The gantry was tilted: slices step {layout.lean:.2f} degrees off their normal "
            f"({layout.step_length:.4g} mm along the table, {float(layout.gaps.mean()):.4g} mm along the normal). "
            f"They were moved in their planes, by up to {drift:.1f} mm, onto an upright grid."
        )
        notes.append(Note(text, "slices.tilted", frames=count, moved_mm=drift))
    if not layout.even:
        notes.append(_gap_note(layout))
    elif layout.residual > NOTED_RESIDUAL:
        text = f"Positions stray from even steps by up to {layout.residual:.3f} mm and were taken as even."
        notes.append(Note(text, "slices.stray", frames=count, moved_mm=layout.residual))
    return notes


def _window_notes(frames: tuple[Frame, ...]) -> list[Note]:
    problems = Counter(problem for frame in frames for problem in frame.window_problems)
    notes = []
    for problem, count in problems.items():
        text = f"A window of {count} of {len(frames)} images was left out: {problem}."
        notes.append(Note(text, "windows.left_out", frames=count))
    if len({tuple(window for window in frame.windows if window.table) for frame in frames}) > 1:
        text = (
            "The VOI LUT Sequence (0028,3010) differs from slice to slice, and no one table is for all: it is left out."
        )
        notes.append(Note(text, "windows.tables_differ", frames=len(frames)))
    return notes


def unseen_window_note(volume: Volume) -> tuple[Note, ...]:
    """Return a note if the window of the files shows next to nothing and is not the first one."""
    own = volume.window
    if own is None or volume.is_in_suv or (shown := volume.default_window) == own:
        return ()
    text = f"The files' own window {own} shows next to nothing of the values: pictures begin with {shown}."
    return (Note(text, "windows.unseen"),)


def _filled_note(stack: Stack, irregular: Irregular) -> list[Note]:
    layout, (columns, rows, _) = stack.layout, stack.shape
    if layout is None or layout.regular or irregular != "resample":
        return []
    try:
        grid = plan_grid(layout, columns, rows)
    except StackError:  # loading reports it
        return []
    measured = measured_of(grid, columns, rows)
    if measured is None:
        return []
    share = 1 - measured_count(measured) / float(np.prod(grid.shape))
    text = (
        f"{100 * share:.2g} % of the upright grid lies beside the slices and was not measured: it is filled with what "
        "the series has where there is nothing, and has no part in windows, histograms and statistics."
    )
    return [Note(text, "slices.filled", frames=len(layout.positions))]


def _gap_note(layout: SliceLayout) -> Note:
    gaps = layout.gaps
    usual = usual_gap(layout)
    finest, largest = float(gaps.min()), float(gaps.max())
    wide = [n for n, gap in enumerate(gaps) if gap > WIDE_GAP * finest]
    places = ", ".join(f"{gaps[n]:.4g} mm after {_point(layout.positions[n])}" for n in wide[:3])
    is_missing = bool(wide) and bool(np.isclose(usual, finest, rtol=0.02))
    what = (
        f"Slices are missing: gaps of {places}{' ...' if len(wide) > 3 else ''}, where the finest is {finest:.4g} mm"
        if is_missing
        else f"Slices are uneven: gaps of {finest:.4g} to {largest:.4g} mm"
    )
    text = (
        f"{what}. They were resampled linearly by their true positions onto even slices; up to "
        f"{largest / 2:.4g} mm lie between an interpolated value and a measured one."
    )
    kind = "slices.missing" if is_missing else "slices.uneven"
    return Note(text, kind, frames=len(layout.positions), moved_mm=largest / 2)


def _thickness_note(first: Frame, layout: SliceLayout) -> list[Note]:
    if first.thickness is None or len(layout.positions) == 1:
        return []
    gap = usual_gap(layout)
    if first.thickness < gap * 0.99:
        text = (
            f"Slices are {first.thickness:.4g} mm thick and {gap:.4g} mm apart: {gap - first.thickness:.4g} mm of "
            "anatomy between neighbours were not measured."
        )
        return [Note(text, "slices.gaps", frames=len(layout.positions))]
    return []


def usual_gap(layout: SliceLayout) -> float:
    """Return the median of the gaps between slices, in mm."""
    # numpy's own median loads numpy.ma first, which takes 9 ms.
    return float(np.sort(layout.gaps)[len(layout.gaps) // 2])


def _point(position: object) -> str:
    return "LPS (" + ", ".join(f"{v:.2f}" for v in np.asarray(position)) + ")"


def _drift(layout: SliceLayout) -> float:
    """Return the largest distance of a slice from the first, measured in its plane, in mm."""
    away = layout.positions - layout.positions[0]
    return float(np.linalg.norm(away - np.outer(layout.along, layout.normal), axis=1).max())


def other_grid_note(stack: Stack, others: Sequence[Stack]) -> Note:
    """Return a note on a time of a 4-D series that is not shown with the others, on another grid."""
    times = [one.which for one in (*others, stack)]
    grids = [_size(one) for one in (stack, others[0])]
    where = f"{grids[0]} instead of {grids[1]}" if grids[0] != grids[1] else f"{grids[0]} as theirs, elsewhere"
    text = f"{member_text(times, len(times) - 1)} is not shown with the others, for it is on another grid: {where}"
    return Note(text, "images.other_grid", frames=len(stack.frames))


def _size(stack: Stack) -> str:
    planned = planned_grid(stack)
    return " x ".join(str(n) for n in (stack.shape if planned is None else planned.shape))
