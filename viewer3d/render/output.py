"""Write a picture to a file, whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.files import check_folder, check_suffix, write_whole
from viewer3d.errors import OutputError
from viewer3d.recipes.embed import png_texts, save_options
from viewer3d.render.png import encode_png

FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".tif": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ".tiff": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ".webp": ("WEBP", {"lossless": True}),
}
"""File name suffix to Pillow's name of the format and how Pillow saves it; all but JPEG keep every pixel.

PNG is written by :mod:`viewer3d.render.png`.
"""


def check_path(path: str | os.PathLike[str], suffixes: Collection[str] = FORMATS) -> Path:
    """Return the path of a picture to be written, before time is spent on drawing it.

    Parameters
    ----------
    path : path-like
    suffixes : collection of str
        What its name may end with, in small letters.

    Raises
    ------
    OutputError
        When its suffix is none of these, its folder is not there or it is itself a folder.
    """
    return check_folder(check_suffix(path, suffixes, "picture"))


def write_picture(
    pixels: NDArray[np.uint8],
    path: str | os.PathLike[str],
    texts: Mapping[str, str] | None = None,
    dpi: float | None = None,
) -> Path:
    """Write a picture, whole or not at all: an earlier file stays until the new one is complete.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3), or (height, width, 4) with alpha
    path : path-like
        Its suffix decides the format, see :data:`FORMATS`.
    texts : mapping of str to str, optional
        What the file carries with it, by key; see :mod:`viewer3d.recipes.embed`.
    dpi : float, optional
        Pixels per inch on paper, said in the file where its format can.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When it cannot be written there, or is transparent and its format cannot be; no part of a file is left.
    """
    target = check_path(path)
    form, options = FORMATS[target.suffix.lower()]
    if form == "JPEG" and pixels.shape[2] == 4:
        raise OutputError(f"{target}: JPEG cannot be transparent: give .png, .tif or .webp, or another background")
    if form == "PNG":
        return write_whole(target, lambda file: file.write(encode_png(pixels, png_texts(texts or {}), dpi)))
    if dpi is not None:
        options = {**options, "dpi": (dpi, dpi)}
    if texts:
        options = {**options, **save_options(form, texts)}

    def write(file: BinaryIO) -> None:
        from PIL import Image  # noqa: PLC0415 (only these formats need it)

        # Into memory first: the library for TIFF writes by the number of an open file, and tells nobody why it failed.
        content = io.BytesIO()
        Image.fromarray(pixels).save(content, form, **options)
        file.write(content.getbuffer())

    return write_whole(target, write)
