"""Pictures as what a terminal is sent: by kitty's protocol, iTerm2's, sixels or half blocks.

There are libraries for it. term-image keeps to Pillow below 11, textual-image comes with rich, whose import alone would
take a tenth of a picture's time, and is LGPL as is chafa.py; rich-pixels has half blocks alone.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

TerminalKind = Literal["kitty", "iterm2", "sixel", "blocks"]
"""How a terminal is sent pictures."""

_CHUNK: Final = 4096
"""Bytes of base 64 in one escape code of kitty's protocol, at most."""

_BAND: Final = 6
"""Rows of pixels in one line of sixels."""

_NEVER: Final = 3
"""Sixels up to which repeating one takes no more room than saying how often."""

_CUBE: Final = np.array([0, 95, 135, 175, 215, 255])
"""Levels of red, green and blue in colours 16 to 231 of xterm's 256; 232 to 255 are greys of 8, 18, ... 238."""


def encode_for(
    kind: TerminalKind, pixels: NDArray[np.uint8], *, colors: int, cells: tuple[int, int] | None = None
) -> bytes:
    """Return a picture as what a terminal is sent, from where its cursor is.

    Parameters
    ----------
    kind : {"kitty", "iterm2", "sixel", "blocks"}
    pixels : ndarray of uint8, shape (height, width, 3)
        Of blocks, a pixel is half a cell; of the others it is a pixel.
    colors : int
        Of sixel, how many the terminal can show at once; of blocks 256 or all 2 to the power of 24.
    cells : tuple of int, optional
        Columns and rows that iTerm2 fits the picture into; without them it is as large as its pixels.
    """
    if kind == "kitty":
        return kitty_bytes(pixels)
    if kind == "iterm2":
        return iterm2_bytes(pixels, cells)
    return sixel_bytes(pixels, colors) if kind == "sixel" else block_bytes(pixels, colors)


def kitty_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Return a picture by kitty's terminal graphics protocol, as PNG.

    Sent in chunks, displayed at once, without an answer (q=2): sw.kovidgoyal.net/kitty/graphics-protocol.
    """
    from viewer3d.render.png import encode_png  # noqa: PLC0415 (blocks need none)

    text = b64encode(encode_png(pixels))
    parts = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
    keys = [b"a=T,f=100,q=2," * (n == 0) + b"m=%d" % (n + 1 < len(parts)) for n in range(len(parts))]
    return b"".join(b"\x1b_G%s;%s\x1b\\" % pair for pair in zip(keys, parts, strict=True)) + b"\r\n"


KITTY_CLEAR: Final = b"\x1b_Ga=d,d=A,q=2\x1b\\"
"""Removes all pictures that are seen."""


def iterm2_bytes(pixels: NDArray[np.uint8], cells: tuple[int, int] | None) -> bytes:
    """Return a picture by iTerm2's inline images (iterm2.com/documentation-images.html), as PNG."""
    from viewer3d.render.png import encode_png  # noqa: PLC0415 (as above)

    png = encode_png(pixels)
    size = b"width=auto;height=auto" if cells is None else b"width=%d;height=%d" % cells
    keys = b"inline=1;size=%d;%s;preserveAspectRatio=1" % (len(png), size)
    return b"\x1b]1337;File=%s:%s\x07\r\n" % (keys, b64encode(png))


def sixel_bytes(pixels: NDArray[np.uint8], colors: int) -> bytes:
    """Return a picture as sixels.

    As DEC STD 070, chapter 9, and the VT330/VT340 Programmer Reference Manual, chapter 14, have them. They say how
    much red, green and blue there is in percent: that is all the colours lose where they are few enough.
    """
    palette, index = _percent_palette(pixels, colors)
    height, width = index.shape
    head = b'\x1bP0;1;0q"1;1;%d;%d' % (width, height)
    head += b"".join(b"#%d;2;%d;%d;%d" % (n, *color) for n, color in enumerate(palette.tolist()))
    return head + _sixel_data(index, len(palette)) + b"\x1b\\\r\n"


def _percent_palette(pixels: NDArray[np.uint8], colors: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return colours in percent, shape (N, 3), and which of them each pixel has."""
    percent = (pixels.astype(np.int32) * 200 + 255) // 510
    packed = (percent[..., 0] * 101 + percent[..., 1]) * 101 + percent[..., 2]
    there = np.flatnonzero(np.bincount(packed.ravel(), minlength=101**3))
    if len(there) <= colors:
        number = np.zeros(101**3, np.int64)
        number[there] = np.arange(len(there))
        return np.stack([there // 101**2, there // 101 % 101, there % 101], 1), number[packed]
    from PIL import Image  # noqa: PLC0415 (most pictures have fewer colours)

    image = Image.fromarray(pixels).quantize(colors, dither=Image.Dither.NONE)
    values = np.array(image.getpalette(), np.int64)[: 3 * colors].reshape(-1, 3)
    return (values * 200 + 255) // 510, np.asarray(image, np.int64)


def _sixel_data(index: NDArray[np.int64], count: int) -> bytes:
    """Return the lines of sixels of a picture, each colour of a line after the other."""
    height, width = index.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)
    keys = np.sort((((rows // _BAND * count + index) * width + columns) * 8 + rows % _BAND).ravel())
    # One entry for each column and colour of a line; each pixel of it is a bit.
    first = np.flatnonzero(np.diff(keys >> 3, prepend=-1))
    bits = np.bitwise_or.reduceat(1 << (keys & 7), first)
    group, x = np.divmod(keys[first] >> 3, width)
    # Neighbours that are the same make a run.
    begins = (np.diff(group, prepend=-1) != 0) | (np.diff(x, prepend=-2) != 1) | (np.diff(bits, prepend=-1) != 0)
    start = np.flatnonzero(begins)
    length = np.diff(start, append=len(group))
    group, x, bits = group[start], x[start], bits[start]
    is_first = np.diff(group, prepend=-1) != 0
    gap = x - np.where(is_first, 0, np.roll(x + length, 1))
    line = group // count
    separator = np.where(np.diff(line, prepend=0) != 0, ord("-"), ord("$")) * is_first
    separator[0] = 0
    # Each run is a row of characters, zero where it has none.
    numbers = np.arange(max(width, count) + 1)
    colors = _characters([b"#%d" % n for n in range(count)])[group % count] * is_first[:, None]
    gaps = _characters([b"?" * n if n <= _NEVER else b"!%d?" % n for n in numbers])[gap]
    counts = _characters([b"" if n <= _NEVER else b"!%d" % n for n in numbers])[length]
    repeated = np.arange(_NEVER) < np.where(length <= _NEVER, length, 1)[:, None]
    rows_of_characters = (separator[:, None], colors, gaps, counts, (bits[:, None] + 63) * repeated)
    text = np.concatenate([part.astype(np.uint8) for part in rows_of_characters], axis=1)
    return text.tobytes().translate(None, b"\0")


def _characters(texts: list[bytes]) -> NDArray[np.uint8]:
    """Return texts as rows of characters, filled up with zeros."""
    array = np.array(texts, np.bytes_)
    return array.view(np.uint8).reshape(len(texts), -1)


def block_bytes(pixels: NDArray[np.uint8], colors: int) -> bytes:
    """Return a picture as upper half blocks, each two pixels: the text's colour and that behind it.

    Colours are those of ISO 8613-6 as xterm has them: "38;2" is the text's by red, green and blue, "38;5" of 256.
    """
    exact = colors > 256
    height, width = pixels.shape[:2]
    if height % 2:
        pixels = np.concatenate([pixels, np.zeros((1, width, 3), np.uint8)])
    shown = pixels if exact else _nearest_of_256(pixels)[..., None]
    space = b"2" if exact else b"5"
    lines = []
    for top, bottom in zip(shown[::2].tolist(), shown[1::2].tolist(), strict=True):
        line, before = [], None
        for pair in zip(top, bottom, strict=True):
            if pair != before:
                upper, lower = (b";".join(b"%d" % value for value in color) for color in pair)
                line.append(b"\x1b[38;%s;%s;48;%s;%sm" % (space, upper, space, lower))
            line.append("▀".encode())
            before = pair
        lines.append(b"".join(line) + b"\x1b[0m\r\n")
    return b"".join(lines)


def _nearest_of_256(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the nearest of xterm's 256 colours, by distance in red, green and blue."""
    values = pixels.astype(np.int64)
    level = np.abs(values[..., None] - _CUBE).argmin(-1)
    grey = np.clip((values.mean(-1) - 8) / 10 + 0.5, 0, 23).astype(np.int64)
    to_cube = ((values - _CUBE[level]) ** 2).sum(-1)
    to_grey = ((values - (8 + 10 * grey)[..., None]) ** 2).sum(-1)
    found: NDArray[np.int64] = np.where(to_grey < to_cube, 232 + grey, 16 + level @ np.array([36, 6, 1]))
    return found
