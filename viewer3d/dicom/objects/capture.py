"""Read the pictures of a secondary capture that viewer3d wrote, and where it keeps their recipe."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.errors import BadFileError

PRIVATE_GROUP: Final = 0x0009
PRIVATE_CREATOR: Final = "viewer3d"
RECIPE_ELEMENT: Final = 0x01
"""Where the recipe of a picture is in its file (PS3.5 7.8): Unlimited Text with an XMP packet, which is found by
scanning the file, as in pictures of other formats."""

DICOM_SUFFIX: Final = ".dcm"
"""What the name of such a file ends with."""


def is_dicom_file(path: str | os.PathLike[str]) -> bool:
    """Return whether a file begins as DICOM files do (PS3.10 7.1), whatever its name."""
    with Path(path).open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def read_capture(path: str | os.PathLike[str]) -> list[NDArray[np.uint8]]:
    """Read the pictures of a secondary capture as they were written: uncompressed.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of ndarray of uint8, shape (height, width, 4)
        Red, green, blue and an opacity of 255.

    Raises
    ------
    BadFileError
        When it is none, is cut, or was compressed by what kept it.
    """
    from pydicom import dcmread  # noqa: PLC0415 (0.3 s, and only who reads such a file needs it)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as for all headers
        try:
            found = dcmread(path)
            syntax = found.file_meta.TransferSyntaxUID
            is_compressed = syntax.is_compressed
            count, samples = int(found.get("NumberOfFrames") or 1), int(found.SamplesPerPixel)
            shape = (count, int(found.Rows), int(found.Columns), samples)
            is_like_ours = found.BitsAllocated == 8 and samples in (1, 3) and not found.get("PlanarConfiguration")
            data = bytes(found.PixelData)
        except Exception as error:  # pydicom raises any kind of error at damaged files
            reason = " ".join(str(error).split()) or type(error).__name__
            raise BadFileError(f"{path}: no secondary capture that can be read ({reason:.200}): give another") from None
    if is_compressed or not is_like_ours:
        raise BadFileError(
            f"{path}: its pixels are not as viewer3d wrote them ({syntax.name}): give the file as it was written, or "
            "decompress it"
        )
    size = int(np.prod(shape))
    if min(shape) < 1 or len(data) < size:
        raise BadFileError(f"{path}: {len(data):,} bytes of pixels, and {size:,} are said: the file is cut")
    frames = np.frombuffer(data, np.uint8, size).reshape(shape)
    frames = np.broadcast_to(frames, (*shape[:3], 3))
    opaque = np.full((*shape[:3], 1), 255, np.uint8)
    return list(np.concatenate([frames, opaque], axis=-1))
