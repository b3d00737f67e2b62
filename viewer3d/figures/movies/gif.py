"""Movies as GIF: 256 colours, which are the same in all pictures."""

from __future__ import annotations

import zlib
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer3d.figures.movies.picture_stream import PictureStream
from viewer3d.recipes.embed import save_options
from viewer3d.render.marks.display_list import EMPTY

COLORS: Final = 256

LEAST_HUES: Final = 32
"""Least entries for colours, where greys would take all: enough for lines and letters on slices."""

SAMPLE: Final = 1_000_000
"""About how many coloured pixels the palette is chosen from."""

_COLORS_AT_ONCE: Final = 20_000
"""Colours whose nearest entry is found at once: 20 MB."""

_Rgb = NDArray[np.uint8]


def write_gif(file: BinaryIO, stream: PictureStream) -> None:
    """Write a movie as GIF.

    All pictures share one palette, so nothing flickers. Greys are exact as long as they and the colours are 256, else
    some are another by one level.

    Parameters
    ----------
    file : binary file
    stream : PictureStream
    """
    # The palette is known when the last picture is drawn; until then all are kept, compressed to a fifth.
    kept, counts = [], ColorCounts(stream)
    for picture in stream.pictures:
        counts.count(picture)
        kept.append(zlib.compress(picture.tobytes(), 1))
    entries = counts.palette()
    nearest = counts.nearest(entries)
    pictures = (_picture(_codes(_unpacked(one, stream)), nearest, entries) for one in kept)
    options: dict[str, Any] = {"save_all": True, "append_images": pictures, "optimize": False}
    options |= {"duration": round(100 / stream.rate) * 10, "loop": 0}  # GIF counts in hundredths
    next(pictures).save(file, "GIF", **options, **(save_options("GIF", stream.texts) if stream.texts else {}))


class ColorCounts:
    """A count of the colours of a movie's pictures.

    Parameters
    ----------
    stream : PictureStream
    """

    def __init__(self, stream: PictureStream) -> None:
        self._seen = np.zeros(1 << 24, np.bool_)
        self._stride = max(1, stream.count * stream.size[0] * stream.size[1] // SAMPLE)
        self._sample: list[_Rgb] = []
        self._drawn = self._colored = 0

    def count(self, picture: _Rgb) -> None:
        """Count the colours of another picture, (height, width, 3) uint8."""
        self._seen[_codes(picture)] = True
        pixels = picture.reshape(-1, 3)
        colored = (pixels[:, 0] != pixels[:, 1]) | (pixels[:, 1] != pixels[:, 2])
        empty = (pixels == EMPTY).all(1)
        self._drawn += int(np.count_nonzero(pixels.any(1) & ~empty))
        found = pixels[colored & ~empty]
        self._colored += len(found)
        self._sample.append(found[:: self._stride])

    def palette(self) -> _Rgb:
        """Choose the entries that show these pictures best.

        Returns
        -------
        ndarray of uint8, shape (256 at most, 3)
            All colours where they are so few. Else greys, all or evenly chosen ones, as many as their part of what is
            drawn; and colours by median cut, see P. Heckbert, Computer Graphics 16 (1982) 297-307.
        """
        seen = _rgb(np.flatnonzero(self._seen))
        if len(seen) <= COLORS:
            return seen
        is_grey = (seen[:, 0] == seen[:, 1]) & (seen[:, 1] == seen[:, 2])
        greys, hues = seen[is_grey], seen[~is_grey]
        fixed = hues[(hues == EMPTY).all(1)]
        wanted = max(COLORS - len(greys), LEAST_HUES, round(COLORS * self._colored / self._drawn))
        count = min(wanted, len(hues)) - len(fixed)
        chosen = np.rint(np.linspace(0, len(greys) - 1, min(len(greys), COLORS - count - len(fixed)))).astype(int)
        return np.unique(np.concatenate([greys[chosen], fixed, self._cut(count)]), axis=0)

    def nearest(self, entries: _Rgb) -> NDArray[np.uint8]:
        """Return the number of the nearest entry by the code of a counted colour: uint8, shape (2**24,)."""
        table = np.zeros(1 << 24, np.uint8)
        codes = np.flatnonzero(self._seen)
        points = entries.astype(np.float32)
        for begin in range(0, len(codes), _COLORS_AT_ONCE):
            part = codes[begin : begin + _COLORS_AT_ONCE]
            # |a - b|2 without |a|2, which is the same for all entries; whole numbers, that float32 holds.
            away = (points**2).sum(1) - 2 * _rgb(part).astype(np.float32) @ points.T
            table[part] = away.argmin(1)
        return table

    def _cut(self, count: int) -> _Rgb:
        sample = np.concatenate(self._sample)
        picture = Image.fromarray(sample[None]).quantize(count, Image.Quantize.MEDIANCUT)
        flat: list[int] = picture.getpalette() or []
        return np.array(flat, np.uint8).reshape(-1, 3)[:count]


def _codes(pixels: _Rgb) -> NDArray[Any]:
    red, green, blue = (pixels[..., channel].astype(np.uint32) for channel in range(3))
    return red << 16 | green << 8 | blue


def _rgb(codes: NDArray[Any]) -> _Rgb:
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], -1).astype(np.uint8)


def _unpacked(kept: bytes, stream: PictureStream) -> _Rgb:
    width, height = stream.size
    return np.frombuffer(zlib.decompress(kept), np.uint8).reshape(height, width, 3)


def _picture(codes: NDArray[Any], nearest: NDArray[np.uint8], entries: _Rgb) -> Image.Image:
    picture = Image.fromarray(nearest[codes])
    picture.putpalette(entries.tobytes())
    return picture
