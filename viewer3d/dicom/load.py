"""Read stacks of DICOM: from what scanning found to values in a Volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from numpy.typing import NDArray

from viewer3d.core.geometry import Affine, Geometry, on_one_grid
from viewer3d.core.notes.note import Note, refuse_marked
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.provenance import OWN, Irregular
from viewer3d.core.sampling import Measured, fill_value
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.volume import Volume
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.scaling import check_scaling
from viewer3d.dicom.meaning.acquisition import acquisition_of
from viewer3d.dicom.meaning.moments import gradient_of, seconds_after_first
from viewer3d.dicom.meaning.stack_notes import irregularity, notes_of, unseen_window_note
from viewer3d.dicom.meaning.units import Meaning, meaning_of
from viewer3d.dicom.meaning.value_notes import mapped_range_note, rounding_note
from viewer3d.dicom.meaning.windows import windows_of
from viewer3d.dicom.pixels.checks import FrameErrors
from viewer3d.dicom.pixels.damage import damage_notes, left_out_notes, unreadable_frames, without_bad
from viewer3d.dicom.pixels.memory_demand import check_demand
from viewer3d.dicom.pixels.modality_values import keep_slices, read_voxels
from viewer3d.dicom.pixels.resample import measured_of, place_errors_of, plan_grid, resample
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.choose import Choice
from viewer3d.dicom.series.duplicates import find_difference
from viewer3d.dicom.series.identity import NOBODY, frame_of_reference_of, identity_of, provenance_of
from viewer3d.dicom.series.scan import Scan, Series
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import BadFileError, LimitError, StackError


def read_stacks(
    found: Scan, choices: Sequence[Choice], options: ReadOptions | None = None, *, progress: Progress | None = None
) -> list[Volume]:
    """Read several stacks; volumes on one grid share one geometry.

    Raises
    ------
    BadFileError, StackError, LimitError, MarkedError
        As for :func:`viewer3d.load`.
    """
    options = options or ReadOptions()
    if len(choices) > 1:
        check_demand(f"{found.where}: {len(choices)} volumes", [stack for _, stack in choices], options)
    each = _resolved(found, choices, options)
    frames = [len(stack.frames) for _, stack in choices]
    volumes: list[Volume] = []
    for number, (one, stack) in enumerate(choices):
        before = sum(frames[:number])
        counted = _continued_progress(progress, before, sum(frames))
        volume = read_stack(found, one, stack, each[number], progress=counted)
        same = next((other.geometry for other in volumes if on_one_grid(other.geometry, volume.geometry)), None)
        volumes.append(volume if same is None else replace(volume, geometry=same))
    return volumes


def read_stack(
    found: Scan, series: Series, stack: Stack, options: ReadOptions | None = None, *, progress: Progress | None = None
) -> Volume:
    """Read the pixels of one stack of a scanned series, and put them on a regular grid.

    Raises
    ------
    BadFileError, StackError, LimitError, MarkedError
        As for :func:`viewer3d.load`.
    """
    (options,) = _resolved(found, [(series, stack)], options or ReadOptions())
    notes = damage_notes(found, stack, options)
    if found.objects:
        from viewer3d.dicom.meaning.presented import presentation_notes  # noqa: PLC0415 (as in _resolved)

        notes += presentation_notes(found, series, options.presentation)
    if stack.layout is None:
        raise StackError(f"{series}: {stack.problem}")
    check_demand(str(series), [stack], options)
    try:
        volume = _volume(series, stack, options, notes, progress)
    except MemoryError as error:
        raise out_of_memory(str(series)) from error
    if options.strict:
        refuse_marked(str(series), volume.notes)
    return volume


def _resolved(found: Scan, choices: Sequence[Choice], options: ReadOptions) -> list[ReadOptions]:
    """Return the options for each stack, with the presentation state that is asked for, read."""
    if options.presentation is None:
        return [options] * len(choices)
    from viewer3d.dicom.meaning.presented import resolved  # noqa: PLC0415 (few are asked for)

    return resolved(found, choices, options)


def _presented(volume: Volume, stack: Stack, frames: Sequence[Frame], options: ReadOptions) -> Volume:
    """Return a volume as its presentation state has it, or with what its images have themselves."""
    from viewer3d.dicom.meaning.presented import present  # noqa: PLC0415 (as above)

    shown = present(stack, frames, options)
    info = replace(
        volume.info,
        windows=tuple(dict.fromkeys((*shown.windows, *volume.windows))),
        inverted=volume.inverted if shown.inverted is None else shown.inverted,
        provenance=None if volume.provenance is None else replace(volume.provenance, presentation=shown.key),
        notes=(*volume.notes, *shown.notes),
    )
    return replace(volume, info=info, graphics=shown.graphics)


def out_of_memory(name: str) -> LimitError:
    """Return the error of a volume that was below the limit, but could not be allocated."""
    return LimitError(f"{name}: there is not enough memory for it; close other programs, or load fewer slices")


def _volume(series: Series, stack: Stack, options: ReadOptions, notes: list[Note], progress: Progress | None) -> Volume:
    stack, meaning, frames, voxels, left_out = _read(series, stack, options, progress)
    notes = [*notes, *left_out, *rounding_note(voxels, frames), *mapped_range_note(voxels, frames)]
    first = frames[0]
    background = None if first.padding is None else first.padding * first.slope + first.intercept
    windows = windows_of(frames, voxels)
    voxels, affine, measured = _on_regular_grid(voxels, series, stack, options.irregular, background)
    assert stack.layout is not None  # read_stack has checked
    identity = identity_of(first) if options.identify else ()
    if options.identify and not identity:
        notes = [*notes, NOBODY]
    info = SeriesInfo(
        notes=(*notes, *notes_of(series, stack, options.irregular, meaning, are_drawn=options.presentation == OWN)),
        modality=series.modality,
        description=series.description,
        inverted=first.stored.photometric == "MONOCHROME1",
        windows=windows,
        background=background,
        provenance=provenance_of(series, stack, options),
        identity=identity,
        which=stack.which,
        patient_position=first.patient_position if len({one.patient_position for one in frames}) == 1 else "",
        frame_of_reference=frame_of_reference_of(stack),
        seconds=seconds_after_first(series.stacks, stack),
        gradient=gradient_of(first),
        acquisition=acquisition_of(frames),
        place_errors=place_errors_of(stack.layout, options.irregular),
    )
    geometry = Geometry(affine, (voxels.shape[0], voxels.shape[1], voxels.shape[2]))
    volume = Volume(voxels, geometry, meaning.unit, info, measured)
    if options.presentation is not None:
        volume = _presented(volume, stack, frames, options)
    window_notes = unseen_window_note(volume)
    return volume.with_info(notes=(*volume.notes, *window_notes)) if window_notes else volume


def _on_regular_grid(
    voxels: NDArray[Any], series: Series, stack: Stack, irregular: Irregular, background: float | None
) -> tuple[NDArray[Any], Affine, Measured | None]:
    """Put slices on a grid without shear: as they are, resampled, or refused.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, n)
    series : Series
    stack : Stack
    irregular : {"resample", "error", "keep"}
    background : float, optional
        Pixel Padding Value in the unit of the voxels.

    Returns
    -------
    tuple of ndarray, shape (columns, rows, slices), ndarray, shape (4, 4), and Measured or None
        Voxels, their affine without shear (LPS mm), and which of them were measured where not all were.

    Raises
    ------
    StackError
        When slices are irregular and that is to be an error, or the grid would be far larger than they are.
    """
    layout = stack.layout
    assert layout is not None  # read_stack has checked
    if layout.regular:
        return voxels, layout.affine, None
    if irregular == "error":
        why = irregularity(layout)
        raise StackError(f'{series}: {why}; irregular="resample" puts them on an even grid, "keep" leaves them')
    if irregular == "keep":
        return voxels, layout.upright_fit[0], None
    columns, rows, _ = stack.shape
    grid = plan_grid(layout, columns, rows)
    measured = measured_of(grid, columns, rows)
    fill = None if measured is None else fill_value(voxels, background, is_ct=series.modality == "CT")
    return resample(voxels, grid, fill), grid.affine, measured


class _Read(NamedTuple):
    """The result of reading a stack.

    Attributes
    ----------
    stack : Stack
        The part that was read.
    meaning : Meaning
        The unit of its values.
    frames : sequence of Frame
        The frames of that part, in that unit.
    voxels : ndarray, shape (columns, rows, n)
    notes : list of Note
        On frames that were left out.
    """

    stack: Stack
    meaning: Meaning
    frames: Sequence[Frame]
    voxels: NDArray[Any]
    notes: list[Note]


def _read(series: Series, stack: Stack, options: ReadOptions, progress: Progress | None) -> _Read:
    """Read the voxels of a stack, without unreadable frames when ``skip_bad`` is set."""
    bad: dict[Frame, str] = {}
    while True:
        part = without_bad(stack, bad)
        if part.layout is None:
            raise StackError(f"{series}: {part.problem}")
        try:
            check_scaling(part.frames)
            problem = find_difference(part)
        except BadFileError:
            found = unreadable_frames(part) if options.skip_bad else {}
            if not found:
                raise
            bad |= found
            continue
        if problem:
            raise StackError(f"{series}: {problem}")
        errors: FrameErrors | None = {} if options.skip_bad else None
        meaning = meaning_of(part.frames, options.unit)
        frames = scaled_frames(part.frames, meaning)
        voxels = read_voxels(frames, progress=stage_progress(progress, "slices"), errors=errors)
        if not errors:
            return _Read(part, meaning, frames, voxels, left_out_notes(bad))
        bad |= {part.frames[k]: str(errors[k]) for k in sorted(errors)}
        rest = without_bad(stack, bad)
        kept = [k for k in range(len(part.frames)) if k not in errors]
        # Nearly always the other frames have been read already.
        if [*map(id, rest.frames)] == [id(part.frames[k]) for k in kept] and rest.layout is not None:
            same = meaning_of(rest.frames, options.unit)
            frames = scaled_frames(rest.frames, same)
            alike = (same.factor, same.offset) == (meaning.factor, meaning.offset)
            if alike and (left := keep_slices(voxels, frames, kept)) is not None:
                return _Read(rest, same, frames, left, left_out_notes(bad))
        del voxels  # before the frames are read again


def scaled_frames(frames: Sequence[Frame], meaning: Meaning) -> list[Frame]:
    """Return frames and their windows in another unit."""
    factor, offset = meaning.factor, meaning.offset
    if factor == 1 and offset == 0:
        return list(frames)
    return [
        replace(
            frame,
            slope=frame.slope * factor,
            intercept=frame.intercept * factor + offset,
            windows=tuple(window.scaled(factor, offset) for window in frame.windows),
        )
        for frame in frames
    ]


def _continued_progress(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Return a progress callable that adds what was done before, out of a larger total."""
    return None if progress is None else lambda stage, done, _total: progress(stage, before + done, total)
