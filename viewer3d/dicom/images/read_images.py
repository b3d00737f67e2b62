"""Read the frames of images that make no volume."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.images.image2d import Image2D
from viewer3d.core.notes.note import Note, refuse_marked
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.provenance import Provenance
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.window import Window, auto_window
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.headers.by_pydicom import read_with_pydicom
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.images.color_pixels import read_colors
from viewer3d.dicom.images.find_images import ImageSet, choose_images, image_digest
from viewer3d.dicom.images.image_spacing import ImageSpacing, image_spacing, sides_of
from viewer3d.dicom.load import out_of_memory, scaled_frames
from viewer3d.dicom.meaning.stack_notes import burned_in_notes, inverted_notes
from viewer3d.dicom.meaning.units import Meaning, meaning_of
from viewer3d.dicom.meaning.value_notes import value_notes
from viewer3d.dicom.meaning.windows import windows_of
from viewer3d.dicom.pixels.memory_demand import check_bytes
from viewer3d.dicom.pixels.modality_values import bytes_a_voxel, read_voxels, worker_starter
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.identity import NOBODY, identity_of
from viewer3d.dicom.series.scan import Scan, Series, scan
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from pydicom import Dataset

COLOR_BYTES = 11
"""Bytes a pixel of colour takes when it is shown: three of its own, three channels and the brightness of two each."""


def load_image(
    where: DicomInput | Scan | Series,
    series: int | str | None = None,
    *,
    stack: int | None = None,
    identify: bool = False,
    max_memory: int | str | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> Image2D:
    """Load images that make no volume: radiographs, cine, ultrasound, secondary captures, colour.

    Lengths on them are in mm where Pixel Spacing (0028,0030) is one in the patient, see PS3.3 10.7.1.3, and else in
    pixels. ``viewer3d.screenshot`` and ``viewer3d.show`` take what it returns.

    Parameters
    ----------
    where : path, pydicom.Dataset, sequence of them, Scan or Series
        As for :func:`viewer3d.load`.
    series : int or str, optional
        Series Number or Series Instance UID; needed when several series have such images.
    stack : int, optional
        Which images of the series, as ``viewer3d list`` numbers them.
    identify : bool
        Read name, ID and date of the patient's study into the image's ``identity``, which pictures then show.
    max_memory : int or str, optional
        Bytes that loading may take, as for :func:`viewer3d.load`.
    strict : bool
        Refuse what a note would mark.
    progress : callable, optional
        Called with ("headers" or "slices", how many are done, how many there are).

    Returns
    -------
    Image2D
        All frames of one size; of grey those of one stack, of colour those of the series.

    Raises
    ------
    NotFoundError, NoVolumeError
        When there is no path, or no such image.
    ChoiceError
        When several could be meant; lists each with the call and the flags.
    BadFileError
        When a file is truncated or cannot be decoded.
    LimitError
        When the headers ask for more memory than there can be.
    MarkedError
        When `strict` is set and a note is marked.

    Examples
    --------
    >>> image = load_image("xray.dcm")                        # doctest: +SKIP
    >>> image.spacing, image.spacing_from                     # doctest: +SKIP
    (None, 'Imager Pixel Spacing (0018,1164) is that of the detector')
    """
    found = scan(where, progress=stage_progress(progress, "headers"), seen=worker_starter())
    options = ReadOptions(identify=identify, max_memory=max_memory, strict=strict)
    return read_images(choose_images(found, series, stack), options, progress=progress)


def read_images(one: ImageSet, options: ReadOptions | None = None, *, progress: Progress | None = None) -> Image2D:
    """Read the pixels of images that scanning found.

    Raises
    ------
    BadFileError, LimitError, MarkedError
        As for :func:`load_image`.
    """
    options = options or ReadOptions()
    first = one.frames[0]
    bytes_a_pixel = COLOR_BYTES if one.is_color else 2 * bytes_a_voxel(one.frames)
    check_bytes(str(one), len(one.frames) * first.rows * first.columns * bytes_a_pixel, options.max_memory)
    try:
        image = _image(one, options, progress)
    except MemoryError as error:
        raise out_of_memory(str(one)) from error
    if options.strict:
        refuse_marked(str(one), image.notes)
    return image


def image_thumbnail(one: ImageSet) -> tuple[NDArray[np.uint8], tuple[float, float]]:
    """Draw the middle frame of images, reading that alone.

    Returns
    -------
    picture : ndarray of uint8, shape (rows, columns)
        Grey, also of colour.
    spacing : tuple of float
        Between columns and between rows; only their ratio counts.

    Raises
    ------
    BadFileError, LimitError
        When it cannot be read.
    """
    frame = one.frames[len(one.frames) // 2]
    found = image_spacing([frame], [_header(frame)])
    shape = (1.0, found.aspect if found.spacing is None else found.spacing[1] / found.spacing[0])
    if one.is_color:
        return np.rint(read_colors([frame])[0] @ np.array((0.299, 0.587, 0.114))).astype(np.uint8), shape
    values: NDArray[Any] = read_voxels([frame])[:, :, 0].T
    share = (frame.windows[0] if frame.windows else auto_window(values)).apply(values)
    if frame.stored.photometric == "MONOCHROME1":
        share = 1 - share
    return np.rint(255 * np.nan_to_num(share)).astype(np.uint8), shape


def _image(one: ImageSet, options: ReadOptions, progress: Progress | None) -> Image2D:
    headers = _headers(one.frames)
    spacing = image_spacing(one.frames, headers)
    notes = [] if spacing.spacing is not None else [_no_mm_note(spacing.origin, len(one.frames))]
    notes += [] if one.is_color else inverted_notes(one.frames)
    notes += burned_in_notes(one.frames)
    sides = tuple(sides_of(header) for header in headers)
    told = stage_progress(progress, "slices")
    if one.is_color:
        pixels: NDArray[Any] = read_colors(one.frames, progress=told)
        frames, meaning = list(one.frames), Meaning("", "colour")
        notes += value_notes("", frames, meaning)
        windows: tuple[Window, ...] = ()
    else:
        meaning = meaning_of(one.frames, options.unit)
        frames = scaled_frames(one.frames, meaning)
        voxels = read_voxels(frames, progress=told)
        notes += value_notes(one.tags.modality, one.frames, meaning)
        windows, pixels = windows_of(frames, voxels), voxels.transpose(2, 1, 0)
    identity = identity_of(frames[0]) if options.identify else ()
    if options.identify and not identity:
        notes.append(NOBODY)
    padding = frames[0].padding
    info = SeriesInfo(
        notes=tuple(notes),
        modality=one.tags.modality,
        description=one.tags.description,
        inverted=frames[0].stored.photometric == "MONOCHROME1",
        windows=windows,
        background=None if padding is None or one.is_color else padding * frames[0].slope + frames[0].intercept,
        provenance=Provenance(image_digest(one)),
        identity=identity,
    )
    return Image2D(
        pixels,
        spacing.spacing,
        spacing.origin,
        spacing.aspect,
        meaning.unit,
        sides if any(map(all, sides)) else (),
        info,
    )


def spacing_of_images(one: ImageSet) -> ImageSpacing:
    """Return how far pixels of images are from each other, reading headers only.

    Raises
    ------
    BadFileError
        When one cannot be read.
    """
    return image_spacing(one.frames, _headers(one.frames))


def _headers(frames: Sequence[Frame]) -> list[Dataset]:
    known: dict[int, Dataset] = {}
    for frame in frames:
        if id(frame.stored) not in known:
            known[id(frame.stored)] = _header(frame)
    return [known[id(frame.stored)] for frame in frames]


def _header(frame: Frame) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as for all headers: what breaks its VR is absent
        found = read_with_pydicom(frame.stored.source)
    if isinstance(found, RefusedFile):
        raise BadFileError(f"{found.name}: {found.reason}")
    return found[1]


def _no_mm_note(why: str, count: int) -> Note:
    return Note(f"Lengths are in pixels and not in mm: {why}.", "images.no_mm", frames=count)
