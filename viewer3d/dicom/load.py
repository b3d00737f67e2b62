"""Load volumes: from files or a scan to values in a Volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from numpy.typing import NDArray

from viewer3d.core.geometry import Affine, Geometry, on_one_grid
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.provenance import OWN, Irregular
from viewer3d.core.sampling import Measured, fill_value
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.scaling import check_scaling
from viewer3d.dicom.meaning.explain import irregularity, notes_of, unseen_window_note
from viewer3d.dicom.meaning.units import Meaning, meaning_of
from viewer3d.dicom.meaning.value_notes import mapped_range_note, rounding_note
from viewer3d.dicom.meaning.windows import windows_of
from viewer3d.dicom.pixels.checks import FrameErrors
from viewer3d.dicom.pixels.damage import damage_notes, left_out_notes, unreadable_frames, without_bad
from viewer3d.dicom.pixels.memory_demand import check_demand
from viewer3d.dicom.pixels.modality_values import keep_slices, read_voxels, worker_starter
from viewer3d.dicom.pixels.resample import measured_of, plan_grid, resample
from viewer3d.dicom.read_options import AnyPresentation, ReadOptions
from viewer3d.dicom.series.choose import Choice, choose, every_volume
from viewer3d.dicom.series.duplicates import find_difference
from viewer3d.dicom.series.identity import NOBODY, frame_of_reference_of, identity_of, provenance_of
from viewer3d.dicom.series.scan import Scan, Series, scan, with_spacing
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import BadFileError, LimitError, StackError


def load(
    where: DicomInput | Scan | Series,
    series: int | str | Series | None = None,
    *,
    stack: int | None = None,
    which: Mapping[str, str | float] | None = None,
    irregular: Irregular = "resample",
    skip_bad: bool = False,
    spacing: tuple[float, float, float] | None = None,
    unit: str | None = None,
    identify: bool = False,
    max_memory: int | str | None = None,
    presentation: AnyPresentation | None = None,
    progress: Progress | None = None,
) -> Volume:
    """Load one volume.

    Slices are ordered by Image Position (Patient) along the normal and by nothing else, the spacing comes from those
    positions, and each slice is rescaled by its own slope and intercept.

    Parameters
    ----------
    where : path, pydicom.Dataset, sequence of them, Scan or Series
        A folder (searched at any depth), one file, a DICOMDIR, a zip, a dataset that pydicom read, several of these, or
        what :func:`viewer3d.scan` found, or one series of it.
    series : int, str or Series, optional
        Series Number or Series Instance UID; needed when there are several. ``"*"`` takes all images as one series, for
        stacks whose every slice has a Series Instance UID of its own.
    stack : int, optional
        Which of the series' volumes, from 1 as ``viewer3d list`` numbers them; needed when there are several.
    which : mapping, optional
        What distinguishes the volumes of the series, as ``viewer3d list`` shows it: ``{"echo": 2, "time": 0}``,
        ``{"plane": "sagittal"}``.
    irregular : {"resample", "error", "keep"}
        What to do with slices that no affine can hold (a tilted gantry, missing or uneven slices): interpolate them
        onto an upright, even grid by their true positions; refuse; or keep them as they are, on the affine that fits
        best. ``notes`` says which, and how far in mm.
    skip_bad : bool
        Go on without files that are truncated or cannot be decoded; they are noted, the others keep their positions.
    spacing : tuple of float, optional
        Between columns, rows and slices in mm, for images that do not say where they are. It fills in only what they
        lack: those without positions are taken in the order of their numbers, and positions that are there stay.
    unit : str, optional
        PET in Bq/ml is given in ``"SUVbw"`` where its header has all that takes; ``"Bq/ml"`` leaves it as it is.
        ``"HU"`` takes values whose unit the files do not say as HU, and ``""`` leaves out a unit; a note keeps it. A
        parametric map that has several Real World Value Mappings is given by the first, or by that of a unit.
    identify : bool
        Read name, ID and date of the patient's study into the volume's ``identity``, which pictures then show. Without
        it nothing that this package makes says who the patient is.
    max_memory : int or str, optional
        Bytes that loading may take, or ``"4G"``: checked by the headers before anything is allocated. Without it three
        quarters of what machine, container (cgroup) or ``ulimit -v`` have left.
    presentation : path, str, int or DicomObject, optional
        A presentation state (GSPS) to show the images by: its file, or its Content Label, Series Number or UID among
        what was found, as ``viewer3d list`` shows them. Its windows come first, and its graphics, texts, overlay planes
        and shutter are drawn on the slices they belong to. ``"own"`` draws the overlay planes (60xx) and shutters that
        the images have themselves. Without it none are drawn, and a note says that there are some.
    progress : callable, optional
        Called with ("headers" or "slices", how many are done, how many there are).

    Returns
    -------
    Volume
        ``voxels[i, j, k]`` are int16 where all values are whole and fit, else float32; a note says so where whole
        numbers are too large for its 24 bits.

    Raises
    ------
    NotFoundError, NoVolumeError
        When there is no path, no DICOM or no volume there.
    ChoiceError
        When several volumes could be meant; lists each with the call and the flag to choose it.
    BadFileError
        When a file is truncated or cannot be decoded.
    StackError
        When the chosen slices make no volume, or not one of the unit that is wanted.
    LimitError
        When the headers ask for more than there can be.

    Examples
    --------
    >>> volume = load("folder", series=3)      # doctest: +SKIP
    >>> volume.spacing                         # doctest: +SKIP
    (0.7, 0.7, 1.25)
    """
    found = scan(where, progress=stage_progress(progress, "headers"), seen=worker_starter())
    found = found if spacing is None else with_spacing(found, spacing)
    options = ReadOptions(
        irregular, skip_bad=skip_bad, unit=unit, identify=identify, max_memory=max_memory, presentation=presentation
    )
    return read_stack(found, *choose(found, series, stack, which), options, progress=progress)


def load_all(
    where: DicomInput | Scan | Series,
    series: int | str | Series | None = None,
    *,
    irregular: Irregular = "resample",
    skip_bad: bool = False,
    unit: str | None = None,
    identify: bool = False,
    max_memory: int | str | None = None,
    presentation: AnyPresentation | None = None,
    progress: Progress | None = None,
) -> list[Volume]:
    """Load every volume of an input, or of one series; single images are no volumes.

    Parameters
    ----------
    where, series, irregular, skip_bad, unit, identify, max_memory, progress
        As for :func:`load`.
    presentation
        As for :func:`load`; volumes that a presentation state does not refer to are loaded without it.

    Returns
    -------
    list of Volume
        In the order of :func:`viewer3d.scan`. Volumes on the same grid (the times of a 4-D series) share one
        ``geometry``.

    Raises
    ------
    NotFoundError, NoVolumeError, ChoiceError, BadFileError, StackError, LimitError
        As for :func:`load`.
    """
    found = scan(where, progress=stage_progress(progress, "headers"), seen=worker_starter())
    options = ReadOptions(
        irregular, skip_bad=skip_bad, unit=unit, identify=identify, max_memory=max_memory, presentation=presentation
    )
    return read_stacks(found, every_volume(found, series), options, progress=progress)


def read_stacks(
    found: Scan, choices: Sequence[Choice], options: ReadOptions | None = None, *, progress: Progress | None = None
) -> list[Volume]:
    """Read several stacks; volumes on one grid share one geometry.

    Raises
    ------
    BadFileError, StackError, LimitError
        As for :func:`load`.
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
    BadFileError, StackError, LimitError
        As for :func:`load`.
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
        return _volume(series, stack, options, notes, progress)
    except MemoryError as error:
        raise out_of_memory(str(series)) from error


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


def _volume(series: Series, stack: Stack, options: ReadOptions, notes: list[str], progress: Progress | None) -> Volume:
    stack, meaning, frames, voxels, left_out = _read(series, stack, options, progress)
    notes = [*notes, *left_out, *rounding_note(voxels, frames), *mapped_range_note(voxels, frames)]
    first = frames[0]
    background = None if first.padding is None else first.padding * first.slope + first.intercept
    windows = windows_of(frames, voxels)
    voxels, affine, measured = _on_regular_grid(voxels, series, stack, options.irregular, background)
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
    notes : list of str
        A sentence on frames that were left out.
    """

    stack: Stack
    meaning: Meaning
    frames: Sequence[Frame]
    voxels: NDArray[Any]
    notes: list[str]


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
        frames = _scaled(part.frames, meaning)
        voxels = read_voxels(frames, progress=stage_progress(progress, "slices"), errors=errors)
        if not errors:
            return _Read(part, meaning, frames, voxels, left_out_notes(bad))
        bad |= {part.frames[k]: str(errors[k]) for k in sorted(errors)}
        rest = without_bad(stack, bad)
        kept = [k for k in range(len(part.frames)) if k not in errors]
        # Nearly always the other frames have been read already.
        if [*map(id, rest.frames)] == [id(part.frames[k]) for k in kept] and rest.layout is not None:
            same = meaning_of(rest.frames, options.unit)
            frames = _scaled(rest.frames, same)
            alike = (same.factor, same.offset) == (meaning.factor, meaning.offset)
            if alike and (left := keep_slices(voxels, frames, kept)) is not None:
                return _Read(rest, same, frames, left, left_out_notes(bad))
        del voxels  # before the frames are read again


def _scaled(frames: Sequence[Frame], meaning: Meaning) -> list[Frame]:
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
