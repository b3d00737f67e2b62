"""Explain what was found and decided: the notes of a volume and the rows of ``viewer3d info``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from viewer3d.core.geometry import letters
from viewer3d.core.members import member_text
from viewer3d.core.provenance import Irregular
from viewer3d.core.sampling import measured_count
from viewer3d.core.volume import Volume
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.meaning.units import Meaning, meaning_of
from viewer3d.dicom.meaning.value_notes import Decision, frame_of_reference_row, rescale_row, value_notes, value_rows
from viewer3d.dicom.meaning.windows import are_own
from viewer3d.dicom.pixels.resample import measured_of, plan_grid
from viewer3d.dicom.series.dimensions import DIMENSION_ATTRIBUTES, INSTANCE_NUMBER
from viewer3d.dicom.series.identity import references_of
from viewer3d.dicom.series.planned_grid import planned_grid
from viewer3d.dicom.series.scan import Series
from viewer3d.dicom.series.slice_layout import LONE_STEP, SliceLayout
from viewer3d.dicom.series.split_series import label
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import StackError

NOTED_RESIDUAL: Final = 0.001
"""mm: positions that deviate less do so because they are decimal text, and get no note."""

WIDE_GAP: Final = 1.5
"""Relative to the finest gap: a wider one is a missing slice, not an uneven one."""


def decisions(series: Series, stack: Stack) -> list[Decision]:
    """Return every decision about a stack, in the order in which they were made."""
    frames, layout = stack.frames, stack.layout
    first = frames[0]
    if layout is None:
        return [Decision("volume", "none", stack.problem)]
    meaning = meaning_of(frames)
    rows = [
        Decision("slices", str(len(frames)), f"{series.files} files; {first.columns} x {first.rows} pixels"),
        _order(stack, layout),
        *_distinguished(stack),
        Decision("pixel spacing", f"{layout.spacing[0]:.6g} x {layout.spacing[1]:.6g} mm", first.spacing_tag),
        _step(layout),
        _thickness(first, layout),
        _shape(layout),
        *_grid(stack),
        frame_of_reference_row(stack),
        Decision("unit", meaning.unit or "none", meaning.reason),
        rescale_row(frames),
        _windows(frames, meaning.unit),
    ]
    if first.padding is not None:
        reason = f"Pixel Padding Value (0028,0120), {first.padding} as stored: not measured"
        value = (first.padding * first.slope + first.intercept) * meaning.factor + meaning.offset
        rows.append(Decision("background", f"{value:g}", reason))
    if first.stored.photometric == "MONOCHROME1":
        rows.append(
            Decision("display", "inverted", "MONOCHROME1: low values are shown white; the values are unchanged")
        )
    if tile := first.tile:
        reason = f"tiles of {tile.columns} x {tile.rows} in pictures of {first.stored.columns} x {first.stored.rows}"
        rows.append(Decision("mosaic", "taken apart", reason))
    if stack.odd:
        frame, reason = stack.odd[0]
        rows.append(Decision("without a place", str(len(stack.odd)), f"{frame.name}: {reason}; skip_bad goes on"))
    rows += value_rows(frames)
    if stack.problem:
        rows.append(Decision("volume", "none", stack.problem))
    return rows


def notes_of(
    series: Series,
    stack: Stack,
    irregular: Irregular = "resample",
    meaning: Meaning | None = None,
    *,
    are_drawn: bool = False,
) -> tuple[str, ...]:
    """Return a sentence for each irregularity, and for overlay planes and shutters, if not `are_drawn`."""
    meaning = meaning or meaning_of(stack.frames)
    layout = stack.layout
    notes = []
    if layout is not None:
        notes = [*_geometry_notes(layout, irregular), *_filled_note(stack, irregular)]
        notes += _thickness_note(stack.frames[0], layout)
    if stack.assumed and layout is not None:
        notes.insert(0, _assumed_note(stack.assumed, layout))
    notes += _disagreement_notes(stack)
    if burned := sum(frame.burned_in for frame in stack.frames):
        notes.append(
            f"Burned In Annotation (0028,0301) is YES in {burned} of {len(stack.frames)} images: their pixels may hold "
            "text that names the patient, and so may every picture of them."
        )
    notes += _window_notes(stack.frames)
    if stack.doubles:
        names = ", ".join(other.name for _, other in stack.doubles[:3]) + (" ..." if len(stack.doubles) > 3 else "")
        notes.append(
            f"{len(stack.doubles)} images are the same picture at the same position as another: left out ({names})."
        )
    notes += _order_notes(series, stack)
    # Without its bad images a stack is another object; it is recognized by its frames.
    own = {id(frame) for frame in (*stack.frames, *(other for _, other in stack.doubles))}
    others = [other for other in series.stacks if not any(id(frame) in own for frame in other.frames)]
    if others:
        notes.append(
            f"{sum(len(other.frames) for other in others)} other images of the series were set apart: "
            + "; ".join(f"{len(other.frames)} x {other.label or 'alike'}" for other in others[:4])
            + (" ..." if len(others) > 4 else "")
            + "."
        )
    if series.refused:
        notes.append(f"{len(series.refused)} files of the series were left out: {series.refused[0].reason}.")
    return (*notes, *value_notes(series.modality, stack.frames, meaning, are_drawn=are_drawn))


def _assumed_note(assumed: tuple[str, ...], layout: SliceLayout) -> str:
    if "position" in assumed:
        spacing = " x ".join(f"{mm:g}" for mm in (*layout.spacing, layout.step_length))
        rest = "" if "pixel_spacing" in assumed else "; Pixel Spacing is that of the files"
        return f"The headers do not say where the images are: a spacing of {spacing} mm was given by hand{rest}."
    if "pixel_spacing" in assumed:
        spacing = " x ".join(f"{mm:g}" for mm in layout.spacing)
        return f"The headers have no Pixel Spacing: {spacing} mm was given by hand; positions are those of the files."
    return "The headers have no Image Orientation (Patient): the images were taken as axial, at their own positions."


def _disagreement_notes(stack: Stack) -> list[str]:
    """Return a sentence for each attribute in which the images of a stack should agree and do not."""
    count, notes = len(stack.frames), []
    tags = {frame.series for frame in stack.frames}
    if (uids := len({one.uid for one in tags})) > 1:
        notes.append(f'{count} images of {uids} series were loaded as one, as series="*" asks.')
    elif (studies := len({one.study_uid for one in tags})) > 1:
        notes.append(f"The {count} images name {studies} studies; they are one series by their Series Instance UID.")
    if (references := len(references_of(stack))) > 1:
        notes.append(
            f"The {count} images name {references} frames of reference; they were taken as one, because they follow on "
            "in even steps."
        )
    elif references and (unnamed := sum(not frame.series.frame_of_reference for frame in stack.frames)):
        notes.append(f"{unnamed} of {count} images name no frame of reference: they were taken to be in the others'.")
    kinds = Counter(" ".join(frame.image_type[2:]) or "nothing" for frame in stack.frames)
    if len(kinds) > 1:
        counts = ", ".join(f"{kind} in {number}" for kind, number in kinds.most_common(3))
        notes.append(f"Image Type (0008,0008) differs between slices of one stack: from its third value {counts}.")
    return notes


def _order(stack: Stack, layout: SliceLayout) -> Decision:
    if "position" in stack.assumed:
        reason = f"by {INSTANCE_NUMBER}: the headers do not say where the images are"
    elif stack.by:  # the number of the image may have distinguished them
        reason = "by Image Position (Patient) (0020,0032) along the normal; SliceLocation is not used"
    else:
        reason = (
            "by Image Position (Patient) (0020,0032) along the normal; InstanceNumber and SliceLocation are not used"
        )
    return Decision("order", f"towards {letters(layout.normal)}", reason)


def _distinguished(stack: Stack) -> list[Decision]:
    """Return a row about the attributes by which frames at one position were distinguished."""
    if not stack.by:
        return []
    value = label({name: stack.which[name] for name in stack.by if name in stack.which})
    guess = ", a guess: nothing else tells which images belong together" if stack.guess else ""
    return [Decision("told apart", value, f"by {', '.join(dict.fromkeys(stack.by.values()))}{guess}")]


def _order_notes(series: Series, stack: Stack) -> list[str]:
    """Return sentences about a guessed order of images at one position and about left over images."""
    notes = []
    if stack.guess:
        notes.append(
            f"Which of the images at one position belong together is a guess, by the order of {stack.guess}: nothing "
            "else tells them apart."
        )
    if DIMENSION_ATTRIBUTES["GEDirection"].spelled in stack.by.values():
        notes.append("The direction is in the axes of the image, as GE writes it, not in those of the patient.")
    left_over = [(number, other) for number, other in enumerate(series.stacks, 1) if other.left_over]
    if left_over and not stack.left_over:
        count = sum(len(other.frames) for _, other in left_over)
        names = "; ".join(f"{other.label}, stack {number}" for number, other in left_over[:3])
        notes.append(
            f"The series was interrupted: {count} images of a volume that was not finished are left over, and can be "
            f"loaded by name ({names}{' ...' if len(left_over) > 3 else ''})."
        )
    if stack.left_over:
        notes.append(f"This is {stack.problem}.")
    return notes


def irregularity(layout: SliceLayout) -> str:
    """Return why no affine describes the positions of slices, for an error or a note."""
    why = [] if layout.upright else [f"the gantry was tilted by {layout.lean:.2f} degrees"]
    why += [] if layout.even else [f"slices are up to {layout.residual:.4g} mm off even steps"]
    return " and ".join(why)


def _geometry_notes(layout: SliceLayout, irregular: Irregular) -> list[str]:
    count = len(layout.positions)
    if count == 1:
        return [f"A single image has no second position: its slice spacing is set to {LONE_STEP:g} mm."]
    if irregular == "keep" and not layout.regular:
        away = layout.upright_fit[1]
        return [f"Slices were kept though {irregularity(layout)}: on the affine they lie up to {away:.4g} mm off."]
    notes = []
    if not layout.upright:
        notes.append(
            f"The gantry was tilted: slices step {layout.lean:.2f} degrees off their normal "
            f"({layout.step_length:.4g} mm along the table, {float(layout.gaps.mean()):.4g} mm along the normal). "
            f"They were moved in their planes, by up to {_drift(layout):.1f} mm, onto an upright grid."
        )
    if not layout.even:
        notes += _gap_notes(layout)
    elif layout.residual > NOTED_RESIDUAL:
        notes.append(f"Positions stray from even steps by up to {layout.residual:.3f} mm and were taken as even.")
    return notes


def _window_notes(frames: tuple[Frame, ...]) -> list[str]:
    problems = Counter(problem for frame in frames for problem in frame.window_problems)
    notes = [
        f"A window of {count} of {len(frames)} images was left out: {problem}." for problem, count in problems.items()
    ]
    if len({tuple(window for window in frame.windows if window.table) for frame in frames}) > 1:
        notes.append(
            "The VOI LUT Sequence (0028,3010) differs from slice to slice, and no one table is for all: it is left out."
        )
    return notes


def unseen_window_note(volume: Volume) -> tuple[str, ...]:
    """Return a sentence if the window of the files shows next to nothing and is not the first one."""
    own = volume.window
    if own is None or volume.is_in_suv or (shown := volume.default_window) == own:
        return ()
    return (f"The files' own window {own} shows next to nothing of the values: pictures begin with {shown}.",)


def _filled_note(stack: Stack, irregular: Irregular) -> list[str]:
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
    return [
        f"{100 * share:.2g} % of the upright grid lies beside the slices and was not measured: it is filled with what "
        "the series has where there is nothing, and has no part in windows, histograms and statistics."
    ]


def _gap_notes(layout: SliceLayout) -> list[str]:
    gaps = layout.gaps
    usual = _usual(layout)
    finest = float(gaps.min())
    wide = [n for n, gap in enumerate(gaps) if gap > WIDE_GAP * finest]
    places = ", ".join(f"{gaps[n]:.4g} mm after {_point(layout.positions[n])}" for n in wide[:3])
    what = (
        f"Slices are missing: gaps of {places}{' ...' if len(wide) > 3 else ''}, where the finest is {finest:.4g} mm"
        if wide and np.isclose(usual, finest, rtol=0.02)
        else f"Slices are uneven: gaps of {finest:.4g} to {float(gaps.max()):.4g} mm"
    )
    return [
        f"{what}. They were resampled linearly by their true positions onto even slices; up to "
        f"{float(gaps.max()) / 2:.4g} mm lie between an interpolated value and a measured one."
    ]


def _thickness_note(first: Frame, layout: SliceLayout) -> list[str]:
    if first.thickness is None or len(layout.positions) == 1:
        return []
    gap = _usual(layout)
    if first.thickness < gap * 0.99:
        return [
            f"Slices are {first.thickness:.4g} mm thick and {gap:.4g} mm apart: {gap - first.thickness:.4g} mm of "
            "anatomy between neighbours were not measured."
        ]
    return []


def _usual(layout: SliceLayout) -> float:
    """Return the median of the gaps, in mm."""
    # numpy's own median loads numpy.ma first, which takes 9 ms.
    return float(np.sort(layout.gaps)[len(layout.gaps) // 2])


def _point(position: object) -> str:
    return "LPS (" + ", ".join(f"{v:.2f}" for v in np.asarray(position)) + ")"


def _drift(layout: SliceLayout) -> float:
    """Return the largest distance of a slice from the first, measured in its plane, in mm."""
    away = layout.positions - layout.positions[0]
    return float(np.linalg.norm(away - np.outer(layout.along, layout.normal), axis=1).max())


def _step(layout: SliceLayout) -> Decision:
    if len(layout.positions) == 1:
        return Decision("slice spacing", f"{LONE_STEP:g} mm", "a single image: set, not measured")
    gaps = layout.gaps
    reason = f"from Image Position (Patient); gaps {gaps.min():.6g} to {gaps.max():.6g} mm along the normal"
    return Decision("slice spacing", f"{layout.step_length:.6g} mm", f"{reason}, residual {layout.residual:.4f} mm")


def _thickness(first: Frame, layout: SliceLayout) -> Decision:
    if first.thickness is None:
        return Decision("thickness", "not given", "Slice Thickness is told, never used")
    if len(layout.positions) == 1:
        return Decision("thickness", f"{first.thickness:g} mm", "Slice Thickness is told, never used for spacing")
    gap = _usual(layout)
    beyond = first.thickness - gap
    relation = (
        "slices touch"
        if abs(beyond) <= 0.01 * gap
        else f"slices overlap by {beyond:.4g} mm: redundant"
        if beyond > 0
        else f"gaps of {-beyond:.4g} mm: anatomy between was not measured"
    )
    return Decision("thickness", f"{first.thickness:g} mm", f"against {gap:.4g} mm between slices: {relation}")


def _shape(layout: SliceLayout) -> Decision:
    if layout.even and layout.upright:
        return Decision("grid", "as acquired", f"even steps (residual {layout.residual:.4f} mm), no tilt")
    why = [] if layout.upright else [f"tilted by {layout.lean:.2f} degrees"]
    why += [] if layout.even else [f"uneven, up to {layout.residual:.4g} mm from even steps"]
    return Decision("grid", "resampled", " and ".join(why) + "; linear, by the true positions")


def _grid(stack: Stack) -> list[Decision]:
    """Return a row about the grid that loading gives."""
    try:
        planned = planned_grid(stack)
    except StackError as error:
        return [Decision("loaded as", "nothing", f'{error}; or keep the slices as they are: irregular="keep"')]
    assert planned is not None  # the stack has a layout
    shape, spacing, extent = (
        " x ".join(f"{n:.{digits}g}" for n in numbers)
        for numbers, digits in ((planned.shape, 9), (planned.spacing, 6), (planned.extent, 5))
    )
    return [Decision("loaded as", f"{shape} voxels of {spacing} mm", f"from edge to edge {extent} mm")]


def _windows(frames: tuple[Frame, ...], unit: str) -> Decision:
    first = frames[0]
    if unit.startswith("SUV"):
        own = f"; the files' own first one is {first.windows[0]}" if first.windows else ""
        return Decision("window", "0 to 5", f"{unit}, as PET is read{own}")
    if are_own(frames):
        return _own_windows(frames)
    if not first.windows:
        return Decision("window", "none", "none in the files")
    others = ", ".join(str(window) for window in first.windows[1:])
    return Decision(
        "window", str(first.windows[0]), f"the file's first window{f'; others: {others}' if others else ''}"
    )


def _own_windows(frames: tuple[Frame, ...]) -> Decision:
    firsts = [frame.windows[0] for frame in frames if frame.windows]
    ends = (min(one.center for one in firsts), max(one.center for one in firsts))
    widths = (min(one.width for one in firsts), max(one.width for one in firsts))
    return Decision(
        "window",
        f"center {ends[0]:g} to {ends[1]:g}, width {widths[0]:g} to {widths[1]:g}",
        f"{len(set(firsts))} different ones in {len(frames)} slices: the median over the slices with anatomy is taken",
    )


def other_grid_note(stack: Stack, others: Sequence[Stack]) -> str:
    """Return a sentence about a time of a 4-D series that is not shown with the others, on another grid."""
    times = [one.which for one in (*others, stack)]
    grids = [_size(one) for one in (stack, others[0])]
    where = f"{grids[0]} instead of {grids[1]}" if grids[0] != grids[1] else f"{grids[0]} as theirs, elsewhere"
    return f"{member_text(times, len(times) - 1)} is not shown with the others, for it is on another grid: {where}"


def _size(stack: Stack) -> str:
    planned = planned_grid(stack)
    return " x ".join(str(n) for n in (stack.shape if planned is None else planned.shape))
