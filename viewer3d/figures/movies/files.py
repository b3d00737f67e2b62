"""The file formats of movies, and writing one of them, whole or not at all."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from viewer3d.core.files import check_folder, check_suffix, write_whole
from viewer3d.figures.movies.gif import write_gif
from viewer3d.figures.movies.mp4 import check_mp4, write_mp4
from viewer3d.figures.movies.picture_stream import PictureStream, changed_parts
from viewer3d.figures.movies.webp import write_webp
from viewer3d.recipes.embed import png_texts
from viewer3d.render.png import SIGNATURE, head_chunks, packed_chunk, packed_pixels

FOREVER: Final = 0
"""How often the movie is played."""


def write_apng(file: BinaryIO, stream: PictureStream) -> None:
    """Write a movie as APNG, a PNG whose first picture any program shows; every pixel is kept.

    The form is that of the PNG specification, third edition: acTL, fcTL and fdAT. Pictures are put together as they are
    drawn: Pillow's writer keeps all of them in memory until the last.

    Parameters
    ----------
    file : binary file
    stream : PictureStream
    """
    file.write(SIGNATURE)
    number = 0
    for index, (pixels, rows, columns) in enumerate(changed_parts(stream)):
        is_first = index == 0
        if is_first:
            for name, content in head_chunks(pixels, png_texts(stream.texts)):
                file.write(packed_chunk(name, content))
            file.write(packed_chunk(b"acTL", struct.pack(">II", stream.count, FOREVER)))
        place = (columns.stop - columns.start, rows.stop - rows.start, columns.start, rows.start)
        timing = struct.pack(">IIIIIHHBB", number, *place, stream.milliseconds, 1000, 0, 0)
        file.write(packed_chunk(b"fcTL", timing))
        number += 1
        for content in packed_pixels(pixels):
            if is_first:
                file.write(packed_chunk(b"IDAT", content))
            else:
                file.write(packed_chunk(b"fdAT", struct.pack(">I", number) + content))
                number += 1
    file.write(packed_chunk(b"IEND", b""))


MOVIE_FORMATS: Final[dict[str, Callable[[BinaryIO, PictureStream], None]]] = {
    ".webp": write_webp,
    ".gif": write_gif,
    ".png": write_apng,
    ".apng": write_apng,
    ".mp4": write_mp4,
}
"""File name suffix to what writes such a movie."""


def check_movie(path: str | os.PathLike[str], size: tuple[int, int]) -> Path:
    """Return the path of a movie to be written, before time is spent on drawing it.

    Raises
    ------
    OutputError
        When its suffix is none of :data:`MOVIE_FORMATS`, its folder is not there or it is itself a folder; and for MP4
        when what writes it is not installed or the size is none it can have.
    """
    target = check_suffix(path, MOVIE_FORMATS, "movie")
    if target.suffix.lower() == ".mp4":
        check_mp4(target, size)
    return check_folder(target)


def write_movie(stream: PictureStream, path: Path) -> Path:
    """Write a movie: an earlier file stays until the new one is complete.

    Parameters
    ----------
    stream : PictureStream
    path : Path
        As :func:`check_movie` gives it.

    Raises
    ------
    OutputError
        When it cannot be written there; no part of a file is left.
    """
    write = MOVIE_FORMATS[path.suffix.lower()]
    return write_whole(path, lambda file: write(file, stream))
