"""Lines of an OBJ file: those of points and faces are read by the thousand, the others one by one."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.errors import BadFileError
from viewer3d.formats.meshes.parts import fan_triangles

Kind = Literal["v", "f", ""]

_NEWLINE: Final = 10
_AFTER_POINTS: Final = tuple(b"ntp")
"""The second letters of lines of normals, textures and parameters, which say nothing of a surface."""

_BEHIND_CORNER: Final = re.compile(rb"/[^\s]*")
"""What follows the number of a point in a corner of a face: those of its texture and normal."""


def line_blocks(data: bytes) -> Iterator[tuple[Kind, bytes]]:
    """Yield lines that follow each other and are of one kind, in their order.

    Parameters
    ----------
    data : bytes
        What is in the file.

    Yields
    ------
    kind : {"v", "f", ""}
        Points, faces, or lines that are to be looked at one by one. Normals and textures are left out.
    block : bytes
        Whole lines, the last one ended as well.
    """
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n") + b"\n"
    raw = np.frombuffer(data + b"\n", np.uint8)
    starts = np.concatenate([[0], np.flatnonzero(raw[: len(data) - 1] == _NEWLINE) + 1])
    first, second = raw[starts], raw[starts + 1]
    is_point, is_blank = first == ord("v"), (second == ord(" ")) | (second == ord("\t"))
    of_more = is_point & np.isin(second, _AFTER_POINTS)
    kinds = np.select([is_point & is_blank, (first == ord("f")) & is_blank, of_more], [1, 2, 3])
    begins = np.concatenate([[0], np.flatnonzero(np.diff(kinds)) + 1])
    ends = [*starts[begins[1:]].tolist(), len(data)]
    names: tuple[Kind | None, ...] = ("", "v", "f", None)
    for number, begin, end in zip(kinds[begins].tolist(), starts[begins].tolist(), ends, strict=True):
        if (kind := names[number]) is not None:
            yield kind, data[begin:end]


def read_points(name: str, block: bytes) -> NDArray[np.float64]:
    """Read lines of points, shape (lines, 3); what they say of weights and colours is left out.

    Raises
    ------
    BadFileError
        When a line cannot be read.
    """
    found = _numbers(block, b"v", b"inf", np.float64)
    if found is not None:
        at = np.flatnonzero(found == np.inf)
        if len(at) == block.count(b"v") and (np.diff(at, append=len(found)) > 3).all():
            return np.stack([found[at + n] for n in (1, 2, 3)], 1)
    rows = []
    for line in block.decode("utf-8", "replace").splitlines():
        try:
            rows.append([float(word) for word in line.split()[1:4]])
            if len(rows[-1]) != 3:
                raise ValueError
        except ValueError:
            raise _unread(name, line) from None
    return np.array(rows, np.float64).reshape(-1, 3)


def read_faces(name: str, blocks: Sequence[bytes], counts: Sequence[int]) -> NDArray[np.int64]:
    """Read lines of faces as triangles, shape (M, 3), whose corners count from 0.

    Parameters
    ----------
    name : str
        Of the file.
    blocks : sequence of bytes
    counts : sequence of int
        Points before each, back from which negative numbers count.

    Raises
    ------
    BadFileError
        When a line cannot be read.
    """
    whole = b"".join(blocks)
    found = _numbers(_BEHIND_CORNER.sub(b"", whole) if b"/" in whole else whole, b"f", b"0", np.int64)
    if found is not None:
        at = np.flatnonzero(found == 0)
        if len(at) == whole.count(b"f") == whole.count(b"\n"):
            corners, sizes = found - 1, np.diff(at, append=len(found))
            if (found < 0).any():
                before = np.repeat(np.repeat(counts, [one.count(b"\n") for one in blocks]), sizes)
                corners = np.where(found > 0, corners, found + before)
            return _fans(corners, at + 1, sizes - 1)
    polygons = []
    for block, count in zip(blocks, counts, strict=True):
        for line in block.decode("utf-8", "replace").splitlines():
            try:
                polygons.append([_corner(word, count) for word in line.split()[1:]])
            except ValueError:
                raise _unread(name, line) from None
    return fan_triangles(polygons)


def _numbers(block: bytes, letter: bytes, mark: bytes, dtype: type) -> NDArray[Any] | None:
    """Return all numbers of lines, and a mark for the letter of each; None where something is no number."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy warns of what it cannot read, and stops there
        try:
            found: NDArray[Any] = np.fromstring(block.replace(letter, mark), dtype, sep=" ")
            return found
        except (ValueError, Warning):
            return None


def _fans(corners: NDArray[np.int64], first: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return the triangles of polygons, each from its polygon's first corner."""
    if (counts == 3).all():
        return np.stack([corners[first], corners[first + 1], corners[first + 2]], 1)
    triangles = (counts - 2).clip(0)
    begin = np.repeat(first, triangles)
    turn = np.arange(len(begin)) - np.repeat(np.cumsum(triangles) - triangles, triangles)
    return np.stack([corners[begin], corners[begin + turn + 1], corners[begin + turn + 2]], 1)


def _corner(word: str, count: int) -> int:
    number = int(word.partition("/")[0])
    if number == 0:
        raise ValueError
    return number - 1 if number > 0 else count + number


def _unread(name: str, line: str) -> BadFileError:
    return BadFileError(f"{name}: holds the line {line!r:.60}, which cannot be read; write it again")
