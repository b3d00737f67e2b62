"""Check and pack the messages between a browser and the viewer."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec

from viewer3d.app.input.interactor import Button
from viewer3d.errors import WebError

PROTOCOL: Final = 1
"""Number of this protocol, which a page says in its first message."""

LONGEST_MESSAGE: Final = 65536
"""Bytes of a message from a browser: a page sends some hundred."""

MOST_MESSAGES: Final = 4096
"""Messages in one array: at 60 motions a second, those of more than a minute."""

MOST_WHEEL_STEPS: Final = 1000
"""Steps of the wheel in one event: no stack of slices is left standing by more."""

DOM_BUTTONS: Final[tuple[Button, ...]] = ("left", "middle", "right")
"""The buttons by the numbers that the DOM gives them (``MouseEvent.button``)."""

_TYPES: Final = {
    "png": "image/png",
    "json": "application/json",
    "csv": "text/csv",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "mp4": "video/mp4",
    "gif": "image/gif",
}
"""Media types of files that are given, by their ends."""

_Whole = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
# Bounds refuse what is no number as well: NaN is in none.
_Side = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
_Place = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
_Word = Annotated[str, msgspec.Meta(max_length=64)]


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="t"):
    """What all messages have: their name, in ``t``."""


class Resize(_Message, frozen=True, tag="resize"):
    """A page has another size in CSS pixels, or other pixels a CSS pixel (``devicePixelRatio``)."""

    size: tuple[_Side, _Side]
    scale: Annotated[float, msgspec.Meta(ge=0, le=1e3)] = 1.0


class Hello(_Message, frozen=True, tag="hello"):
    """A page has begun: with what a :class:`Resize` says."""

    v: int
    size: tuple[_Side, _Side]
    scale: Annotated[float, msgspec.Meta(ge=0, le=1e3)] = 1.0


class Press(_Message, frozen=True, tag="press"):
    """A button was pressed at a point of the picture."""

    b: Literal[0, 1, 2]
    x: _Place
    y: _Place
    shift: bool = False
    ctrl: bool = False


class Move(_Message, frozen=True, tag="move"):
    """The pointer has moved to a point of the picture."""

    x: _Place
    y: _Place
    shift: bool = False


class Release(_Message, frozen=True, tag="release"):
    """A button was released."""

    b: Literal[0, 1, 2]


class Double(_Message, frozen=True, tag="double"):
    """The left button was pressed the second time of a double click, instead of a press."""

    x: _Place
    y: _Place


class WheelTurn(_Message, frozen=True, tag="wheel"):
    """The wheel was turned by whole steps, above 0 away from the user."""

    n: Annotated[int, msgspec.Meta(ge=-MOST_WHEEL_STEPS, le=MOST_WHEEL_STEPS)]
    x: _Place
    y: _Place
    ctrl: bool = False


class KeyPress(_Message, frozen=True, tag="key"):
    """A key was pressed, as ``KeyboardEvent`` tells it."""

    key: _Word
    code: _Word = ""
    location: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0
    shift: bool = False
    ctrl: bool = False
    alt: bool = False
    meta: bool = False
    altgraph: bool = False
    mac: bool = False


class Leave(_Message, frozen=True, tag="leave"):
    """The pointer has left the picture."""


class Ack(_Message, frozen=True, tag="ack"):
    """A frame is on the canvas, and all before it."""

    n: _Whole


class Full(_Message, frozen=True, tag="full"):
    """The page fills the screen, or no longer."""

    on: bool


class Paste(_Message, frozen=True, tag="paste"):
    """The user pastes a text."""

    text: Annotated[str, msgspec.Meta(max_length=LONGEST_MESSAGE)]


Message = Hello | Resize | Press | Move | Release | Double | WheelTurn | KeyPress | Leave | Ack | Full | Paste


@dataclass(frozen=True)
class PointsShown:
    """Tell, among the messages of a browser, what it shows from here on.

    Places in those before are of the picture before.

    Attributes
    ----------
    points : tuple of int
        Width and height of that picture in points.
    """

    points: tuple[int, int]


WaitingMessage = Message | PointsShown
"""What waits until it is handled."""


def read_messages(message: object) -> list[Message]:
    """Return the messages in what a browser has sent.

    Parameters
    ----------
    message : dict or sequence of dict
        As JSON has it, see :func:`read_text`.

    Raises
    ------
    WebError
        When any of it is no message, has a number out of bounds or what is no number, lacks or has too much: then
        nothing of it counts.
    """
    many = message if isinstance(message, list | tuple) else [message]
    if len(many) > MOST_MESSAGES:
        raise WebError(f"{len(many)} messages at once: at most {MOST_MESSAGES} are taken; send them one after another")
    return [_read(one) for one in many]


def _read(message: object) -> Message:
    try:
        made: Message = msgspec.convert(message, Message)
    except (msgspec.ValidationError, RecursionError, OverflowError, TypeError) as error:
        raise WebError(f"this is no message of the viewer's page: {error}; reload the page") from None
    if isinstance(made, Hello) and made.v != PROTOCOL:
        raise WebError(f"the page speaks version {made.v} of the protocol, this viewer {PROTOCOL}: reload the page")
    return made


def read_text(text: str | bytes) -> object:
    """Return what a text of JSON from a browser holds.

    Raises
    ------
    WebError
        When it is longer than 64 kB or is no JSON.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(data) > LONGEST_MESSAGE:
        raise WebError(f"a message of {len(data)} bytes: at most {LONGEST_MESSAGE} are taken; send less at once")
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise WebError(f"this is no JSON: {error}; reload the page") from None


def packed(header: Mapping[str, Any], buffers: Sequence[bytes]) -> str | bytes:
    """Return a message to a browser as a websocket sends it: JSON, and where it has buffers binary.

    Returns
    -------
    str or bytes
        Of bytes the first four are the length of the header, little-endian; then come the header, JSON in UTF-8, with
        the buffers' lengths as ``bytes``, and the buffers one after another.
    """
    if not buffers:
        return json.dumps(header, allow_nan=False)
    whole = {**header, "bytes": [len(one) for one in buffers]}
    text = json.dumps(whole, separators=(",", ":"), allow_nan=False).encode()
    return b"".join((struct.pack("<I", len(text)), text, *buffers))


def media_type(name: str) -> str:
    """Return the media type (RFC 2046) of a file by the end of its name."""
    return _TYPES.get(name.lower().rpartition(".")[2], "application/octet-stream")
