"""The file formats of movies, and writing one of them, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from viewer3d.core.files import check_folder, check_suffix, write_whole
from viewer3d.figures.movies.apng import write_apng
from viewer3d.figures.movies.gif import write_gif
from viewer3d.figures.movies.mp4 import check_mp4, write_mp4
from viewer3d.figures.movies.picture_stream import PictureStream
from viewer3d.figures.movies.webp import write_webp

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
