"""Movies as MP4 (H.264), small and not exact; needs the extra ``viewer3d[movie]``."""

from __future__ import annotations

import errno
import os
import re
import struct
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from viewer3d.errors import OutputError
from viewer3d.figures.movies.picture_stream import PictureStream
from viewer3d.recipes.xmp import xmp_packet

XMP_BOX: Final = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
"""The box of an XMP packet in an MPEG-4 file (XMP specification part 3, 2.2)."""

QUALITY: Final = 16
"""Constant rate factor of H.264: 18 is said to look like the source, and greys deserve a little more."""

ENCODING: Final = (
    *("-c:v", "libx264", "-preset", "medium", "-crf", str(QUALITY)),
    # What every player shows: 8 bits, colours at half the resolution, the matrix of HDTV.
    *("-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p"),
    *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
    *("-movflags", "+faststart", "-f", "mp4"),
    # The same bytes on any number of cores, and no date.
    *("-threads", "1", "-bitexact", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
)


def check_mp4(path: Path, size: tuple[int, int]) -> None:
    """Check that a movie of this size can be written as MP4.

    Raises
    ------
    OutputError
        When ffmpeg is not installed, or a side is odd.
    """
    if size[0] % 2 or size[1] % 2:
        raise OutputError(f"{path}: MP4 takes even sides, not {size[0]} x {size[1]}: give another size, or .webp")
    find_ffmpeg(path)


def find_ffmpeg(path: Path) -> str:
    """Return the program that writes MP4.

    Raises
    ------
    OutputError
        When it is not installed.
    """
    try:
        import imageio_ffmpeg  # noqa: PLC0415 (an extra)

        program: str = imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        mend = "pip install 'viewer3d[movie]', or give .webp, .gif or .png"
        raise OutputError(f"{path}: MP4 takes ffmpeg: {mend}") from None
    return program


def write_mp4(file: BinaryIO, stream: PictureStream) -> None:
    """Write a movie as MP4 (H.264).

    Parameters
    ----------
    file : binary file
        On disk: ffmpeg writes into it by its name.
    stream : PictureStream

    Raises
    ------
    OSError
        When ffmpeg could not write it.
    """
    size = f"{stream.size[0]}x{stream.size[1]}"
    source = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"{stream.rate:g}", "-i", "-")
    words = [find_ffmpeg(Path(file.name)), "-y", "-loglevel", "error", *source, *ENCODING, file.name]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            message = _feed(process, stream)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        full = message.endswith(os.strerror(errno.ENOSPC))
        raise OSError(errno.ENOSPC if full else errno.EIO, f"ffmpeg: {message or f'exit code {process.returncode}'}")
    if stream.texts:
        file.seek(0, 2)
        packet = xmp_packet(stream.texts).encode()
        file.write(struct.pack(">I4s", 24 + len(packet), b"uuid") + XMP_BOX + packet)


def _feed(process: subprocess.Popen[bytes], stream: PictureStream) -> str:
    """Give all pictures to ffmpeg, and return the last line of its messages."""
    assert process.stdin is not None
    assert process.stderr is not None
    with suppress(BrokenPipeError):  # ffmpeg says why
        for picture in stream.pictures:
            process.stdin.write(picture.tobytes())
    with suppress(BrokenPipeError):
        process.stdin.close()
    lines = process.stderr.read().decode(errors="replace").strip().splitlines()
    return re.sub(r"^(\[.*?\] )+", "", lines[-1]) if lines else ""
