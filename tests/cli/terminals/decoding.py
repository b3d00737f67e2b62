"""What a terminal makes of what it is sent, so that a test can look at it."""

from __future__ import annotations

import io
import re
from base64 import b64decode

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def kitty_pixels(sent: bytes) -> NDArray[np.uint8]:
    """The picture of kitty's protocol: PNG in chunks, of which all but the last say that more comes."""
    parts = [part for part in re.findall(rb"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sent) if b"a=q" not in part[0]]
    assert parts[0][0].startswith(b"a=T,f=100")
    assert [b"m=1" in keys for keys, _ in parts] == [True] * (len(parts) - 1) + [False]
    assert all(len(text) <= 4096 and len(text) % 4 == 0 for _, text in parts)
    return np.asarray(Image.open(io.BytesIO(b64decode(b"".join(text for _, text in parts)))))


def iterm2_pixels(sent: bytes) -> NDArray[np.uint8]:
    (keys, text) = re.findall(rb"\x1b\]1337;File=([^:]*):([^\x07]*)\x07", sent)[0]
    png = b64decode(text)
    assert b"inline=1" in keys
    assert b"size=%d;" % len(png) in keys
    return np.asarray(Image.open(io.BytesIO(png)))


def sixel_pixels(sent: bytes) -> NDArray[np.int64]:
    """The picture of sixels, as percent of red, green and blue; -1 where no sixel was set."""
    found = re.search(rb'\x1bP[\d;]*q"1;1;(\d+);(\d+)(.*?)\x1b\\', sent, re.DOTALL)
    assert found is not None
    width, height = int(found[1]), int(found[2])
    picture = np.full((height + 6, width, 3), -1)
    palette: dict[int, tuple[int, ...]] = {}
    x = y = color = 0
    for token in re.findall(rb"#[\d;]+|!\d+[?-~]|[?-~]|[$-]", found[3]):
        if token[:1] == b"#":
            color, *rest = map(int, token[1:].split(b";"))
            if rest:
                palette[color] = tuple(rest[1:])
        elif token == b"$":
            x = 0
        elif token == b"-":
            x, y = 0, y + 6
        else:
            count = int(token[1:-1]) if token[:1] == b"!" else 1
            for bit in range(6):
                if (token[-1] - 63) >> bit & 1:
                    picture[y + bit, x : x + count] = palette[color]
            x += count
            assert x <= width
    assert (picture[height:] == -1).all()
    return picture[:height]


def block_colors(sent: bytes) -> NDArray[np.int64]:
    """The colours of half blocks: red, green and blue, or of 256 the number."""
    lines = []
    for line in re.split(rb"\r+\n", sent)[:-1]:
        top, bottom, current = [], [], None
        for code, block in re.findall("(?:\x1b\\[([\\d;]*)m)|(▀)".encode(), line):
            if block:
                assert current is not None
                top.append(current[0])
                bottom.append(current[1])
            elif code != b"0":
                numbers = list(map(int, code.split(b";")))
                half = len(numbers) // 2
                assert (numbers[0], numbers[half]) == (38, 48)
                current = numbers[2:half], numbers[half + 2 :]
        lines += [top, bottom]
    return np.array(lines)
