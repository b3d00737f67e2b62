"""Explain what was found and decided about a stack, in the rows of ``viewer3d info``."""

from __future__ import annotations

from viewer3d.core.geometry import letters
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.meaning.stack_notes import usual_gap
from viewer3d.dicom.meaning.units import meaning_of
from viewer3d.dicom.meaning.value_notes import Decision, frame_of_reference_row, rescale_row, value_rows
from viewer3d.dicom.meaning.windows import are_own
from viewer3d.dicom.series.dimensions import INSTANCE_NUMBER
from viewer3d.dicom.series.planned_grid import planned_grid
from viewer3d.dicom.series.scan import Series
from viewer3d.dicom.series.slice_layout import LONE_STEP, SliceLayout
from viewer3d.dicom.series.split_series import label
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import StackError


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
    gap = usual_gap(layout)
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
