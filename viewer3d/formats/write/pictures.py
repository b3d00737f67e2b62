"""Write a picture or movie to a DICOM file, with the recipe that its own file carries."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.progress import Progress
from viewer3d.errors import OutputError, RecipeError
from viewer3d.formats.write.output import Output, OutputFile
from viewer3d.recipes.embed import embedded_text, holds_recipe
from viewer3d.recipes.record import TEXT_KEY, Recipe
from viewer3d.recipes.xmp import xmp_packet

if TYPE_CHECKING:
    from viewer3d.dicom.files.sources import DicomInput
    from viewer3d.dicom.series.scan import Scan, Series
    from viewer3d.dicom.write.capture import Picture


_WHOLE: Final = ("PNG", "TIFF", "WEBP")
"""Formats, as Pillow names them, in which viewer3d writes every pixel as it was drawn."""


def write_dicom_picture(
    picture: NDArray[np.uint8] | str | os.PathLike[str],
    target: Path,
    *,
    source: DicomInput | Scan | Series | None = None,
    identify: bool = True,
    description: str | None = None,
    series_number: int | None = None,
    progress: Progress | None = None,
) -> Output:
    """Plan a DICOM secondary capture of a picture; of several frames a multi-frame one.

    Parameters
    ----------
    picture : ndarray of uint8, or path-like
        Shape (height, width) in grey, (height, width, 3) in colour, or (frames, height, width, 3); or a file that
        viewer3d wrote, ``.png``, ``.tif`` or ``.webp``, whose recipe goes along.
    target : Path
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The series that it shows: patient and study are taken over, its images are referred to.
    identify : bool
        False takes over none of them, and makes all UIDs anew.
    description : str, optional
        Series Description; else what the picture is.
    series_number : int, optional
        Else that of the source and 3000.
    progress : callable, optional

    Raises
    ------
    OutputError
        When there is no source, the picture is none that DICOM holds, or it names the patient who is to be left out.
    NotFoundError, ChoiceError, BadFileError
        When the source is not there, is one of several, or cannot be read.
    """
    if source is None:
        raise OutputError(
            f"{target}: a DICOM picture needs patient and study, which no picture holds: give source=PATH, the series "
            "that it shows"
        )
    from viewer3d.dicom.write.capture import make_capture  # noqa: PLC0415 (only who writes DICOM needs it)

    held = _of_array(picture, target) if isinstance(picture, np.ndarray) else _of_file(Path(picture), target)
    made = make_capture(
        held, source, str(target), identify=identify, description=description, number=series_number
    )  # fmt: skip

    def write(file: BinaryIO) -> None:
        made.dataset.save_as(file, enforce_file_format=True)
        if progress is not None:
            progress("writing", len(held.frames), len(held.frames))

    return Output((OutputFile(target, write),), made.notes)


def _of_array(pixels: NDArray[np.uint8], target: Path) -> Picture:
    from viewer3d.dicom.write.capture import Picture  # noqa: PLC0415 (as above)

    is_gray = pixels.ndim == 2
    frames = pixels[None] if is_gray or pixels.ndim == 3 else pixels
    if not pixels.size or not (is_gray or (frames.ndim == 4 and frames.shape[3] in (3, 4))):
        raise OutputError(
            f"{target}: an array of shape {pixels.shape} is no picture: give (height, width), "
            "(height, width, 3) or (frames, height, width, 3)"
        )
    return Picture(_opaque(frames, target), what="picture" if len(frames) == 1 else "movie")


def _opaque(frames: NDArray[np.uint8], target: Path) -> NDArray[np.uint8]:
    if frames.shape[-1] != 4 or frames.ndim != 4:
        return frames
    if (frames[..., 3] != 255).any():
        raise OutputError(f"{target}: DICOM cannot be transparent: draw the picture on another background")
    return frames[..., :3]


def _of_file(path: Path, target: Path) -> Picture:
    from viewer3d.dicom.write.capture import Picture  # noqa: PLC0415 (as above)

    frames, seconds = _read_frames(path, target)
    try:
        text = embedded_text(path)
    except RecipeError:
        text = ""
    kind = "picture" if len(frames) == 1 else "movie"
    if not holds_recipe(text):
        return Picture(frames, seconds, kind)
    recipe = Recipe.from_json(text)
    records = (*recipe.volumes, *(record for overlay in recipe.overlays for record in overlay.volumes))
    digests = tuple(record.provenance.series for record in records if record.provenance is not None)
    geometry = recipe.volumes[0].geometry if recipe.volumes else None
    packet, what = xmp_packet({TEXT_KEY: text}), f"{kind} ({recipe.figure})"
    return Picture(frames, seconds, what, digests, geometry, packet, recipe.names_patient)


def _read_frames(path: Path, target: Path) -> tuple[NDArray[np.uint8], tuple[float, ...]]:
    """Return the pictures of a file and how long each is shown, in seconds."""
    from PIL import Image, ImageSequence  # noqa: PLC0415 (only for pictures)

    frames, seconds = [], []
    try:
        with Image.open(path) as picture:
            if picture.format not in _WHOLE:
                raise OutputError(f"{path}: {picture.format} does not keep all pixels: give the picture as .png")
            for one in ImageSequence.Iterator(picture):
                frames.append(np.array(one.convert("RGBA")))
                seconds.append(float(one.info.get("duration") or 0) / 1000)
    except FileNotFoundError:
        raise OutputError(f"{path}: no such picture: give an array, or the path of one that is there") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):  # what Pillow raises at broken pictures
        raise OutputError(f"{path}: not a picture of pixels that can be read: give PNG, TIFF or WebP") from None
    is_timed = len(frames) > 1 and all(seconds)
    return _opaque(np.stack(frames), target), tuple(seconds) if is_timed else ()
