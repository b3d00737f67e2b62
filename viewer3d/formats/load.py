"""Load volumes of any kind: DICOM, and NIfTI, NRRD, MetaImage, VTI and npz beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from viewer3d.core.notes.note import refuse_marked
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.provenance import Irregular
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.load import out_of_memory, read_stack, read_stacks
from viewer3d.dicom.pixels.modality_values import worker_starter
from viewer3d.dicom.read_options import AnyPresentation, ReadOptions
from viewer3d.dicom.series.choose import choose, every_volume
from viewer3d.dicom.series.scan import Scan, Series, scan, with_spacing
from viewer3d.errors import ChoiceError
from viewer3d.formats.grid_files import choose_members, grids_meant, one_grid


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
    strict: bool = False,
    progress: Progress | None = None,
) -> Volume:
    """Load one volume.

    Of DICOM, slices are ordered by Image Position (Patient) along the normal and by nothing else, the spacing comes
    from those positions, and each slice is rescaled by its own slope and intercept.

    A file of NIfTI (``.nii``, ``.nii.gz``, ``.hdr`` with ``.img``), NRRD (``.nrrd``, ``.nhdr``), MetaImage (``.mha``,
    ``.mhd``), VTI or npz is given by its path; in a folder with volumes of DICOM those are meant. Every voxel is where
    the file says, in LPS mm; ``notes`` say where it does not say so, or says two things. Its values have no unit unless
    the file names one: of a CT, ``unit="HU"`` says it.

    Parameters
    ----------
    where : path, pydicom.Dataset, sequence of them, Scan or Series
        A folder (searched at any depth), one file, a DICOMDIR, a zip, a dataset that pydicom read, several of these, or
        what :func:`viewer3d.scan` found, or one series of it.
    series : int, str or Series, optional
        Series Number or Series Instance UID; needed when there are several. ``"*"`` takes all images as one series, for
        stacks whose every slice has a Series Instance UID of its own.
    stack : int, optional
        Which of the series' or the file's volumes, from 1 as ``viewer3d list`` numbers them; needed when there are
        several.
    which : mapping, optional
        What distinguishes the volumes of the series, as ``viewer3d list`` shows it: ``{"echo": 2, "time": 0}``,
        ``{"plane": "sagittal"}``. The volumes of a NIfTI file are told apart by their times in seconds.
    irregular : {"resample", "error", "keep"}
        What to do with slices that no affine of right angles can hold (a tilted gantry, missing or uneven slices, a
        sheared affine): interpolate them onto an upright, even grid by their true positions; refuse; or keep them as
        they are, on the affine that fits best. ``notes`` says which, and how far in mm.
    skip_bad : bool
        Go on without files that are truncated or cannot be decoded; they are noted, the others keep their positions.
    spacing : tuple of float, optional
        Between columns, rows and slices in mm, for images that do not say where they are. It fills in only what they
        lack: those without positions are taken in the order of their numbers, and positions that are there stay.
    unit : str, optional
        PET in Bq/ml is given in ``"SUVbw"`` where its header has all that takes; ``"Bq/ml"`` leaves it as it is.
        ``"HU"`` takes values whose unit the files do not say as HU, and ``""`` leaves out a unit; a note keeps it. Of
        files that are not DICOM it is the unit of their values, whatever it is. A
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
    strict : bool
        Refuse what a note would mark: whatever was resampled, guessed or said by hand, so that places or values are not
        those of the files, see :attr:`viewer3d.Note.is_marked`.
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
    MarkedError
        When `strict` is set and a note is marked; names each.

    Examples
    --------
    >>> volume = load("folder", series=3)      # doctest: +SKIP
    >>> volume.spacing                         # doctest: +SKIP
    (0.7, 0.7, 1.25)
    """
    found = scan(where, progress=stage_progress(progress, "headers"), seen=worker_starter())
    options = ReadOptions(
        irregular,
        skip_bad=skip_bad,
        unit=unit,
        identify=identify,
        max_memory=max_memory,
        presentation=presentation,
        strict=strict,
    )
    if grids := grids_meant(found):
        grid = one_grid(found, grids)
        return _read_grid(grid, choose_members(grid, series, stack, which, alone=True), options, spacing, progress)[0]
    found = found if spacing is None else with_spacing(found, spacing)
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
    strict: bool = False,
    progress: Progress | None = None,
) -> list[Volume]:
    """Load every volume of an input, or of one series; single images are no volumes.

    Parameters
    ----------
    where, series, irregular, skip_bad, unit, identify, max_memory, strict, progress
        As for :func:`load`. Of a folder without volumes of DICOM all files of NIfTI and others are loaded.
    presentation
        As for :func:`load`; volumes that a presentation state does not refer to are loaded without it.

    Returns
    -------
    list of Volume
        In the order of :func:`viewer3d.scan`. Volumes on the same grid (the times of a 4-D series) share one
        ``geometry``.

    Raises
    ------
    NotFoundError, NoVolumeError, ChoiceError, BadFileError, StackError, LimitError, MarkedError
        As for :func:`load`.
    """
    found = scan(where, progress=stage_progress(progress, "headers"), seen=worker_starter())
    options = ReadOptions(
        irregular,
        skip_bad=skip_bad,
        unit=unit,
        identify=identify,
        max_memory=max_memory,
        presentation=presentation,
        strict=strict,
    )
    if grids := grids_meant(found):
        chosen = [(grid, choose_members(grid, series, None, None, alone=False)) for grid in grids]
        return [one for grid, numbers in chosen for one in _read_grid(grid, numbers, options, None, progress)]
    return read_stacks(found, every_volume(found, series), options, progress=progress)


def _read_grid(
    grid: GridFile,
    numbers: Sequence[int],
    options: ReadOptions,
    spacing: tuple[float, float, float] | None,
    progress: Progress | None,
) -> list[Volume]:
    """Read volumes of a file that is not DICOM."""
    if options.presentation is not None:
        raise ChoiceError(f"{grid.name}: is {grid.kind}, which no presentation state is of: leave presentation out")
    if progress is not None:
        progress("volumes", 0, len(numbers))
    try:
        made = grid.load(numbers, options, spacing)
    except MemoryError as error:
        raise out_of_memory(grid.name) from error
    if options.strict:
        refuse_marked(grid.name, (note for one in made for note in one.notes))
    if progress is not None:
        progress("volumes", len(numbers), len(numbers))
    return made
