"""Messages of browsers: those that mean something, and all others."""

from __future__ import annotations

import math
import random

import pytest

from tests.web.canvas import Canvas, unpacked
from tests.web.conftest import SIZE, settle
from viewer3d.errors import WebError
from viewer3d.web.messages import LONGEST_MESSAGE, MOST_MESSAGES, Hello, Move, packed, read_messages, read_text

GOOD = [
    {"t": "hello", "v": 1, "size": [300, 200.5], "scale": 1.25},
    {"t": "resize", "size": [300, 200], "scale": 2},
    {"t": "press", "b": 1, "x": 3, "y": 4.5, "shift": True, "ctrl": False},
    {"t": "move", "x": -3, "y": 4, "shift": False},
    {"t": "release", "b": 2},
    {"t": "double", "x": 1, "y": 2},
    {"t": "wheel", "n": -3, "x": 1, "y": 2, "ctrl": True},
    {"t": "key", "key": "a", "code": "KeyA", "location": 0, "shift": True, "ctrl": True, "alt": True, "meta": True},
    {"t": "key", "key": "ä", "altgraph": True, "mac": False},
    {"t": "leave"},
    {"t": "ack", "n": 7},
    {"t": "full", "on": True},
    {"t": "paste", "text": "x"},
]
BAD = [
    *(None, True, 3, "hello", b"hello", 1.5, {}, [], [[]], [{}], {"t": None}, {"t": "x"}, {"t": []}, {"T": "leave"}),
    *({"t": "move", "x": value, "y": 0} for value in (math.nan, math.inf, 1e7, -1e7, None, "3", True, [], 10**400)),
    *({"t": "resize", "size": value, "scale": 1} for value in ([], [1], [1, 2, 3], [-1, 5], [math.nan, 1], "12", None)),
    *({"t": "resize", "size": [9, 9], "scale": value} for value in (-1, math.nan, math.inf, 1e9, "1", None)),
    *({"t": "press", "b": value, "x": 0, "y": 0} for value in (-1, 3, 1.5, "0", None, True, 10**30)),
    *({"t": "wheel", "n": value, "x": 0, "y": 0} for value in (1001, -1001, 0.5, "1", None, math.nan, 10**30)),
    *({"t": "ack", "n": value} for value in (-1, 1.5, 10**30, None, "1")),
    *({"t": "key", "key": value} for value in ("x" * 65, 3, None, {})),
    *({"t": "key", "key": "a", "location": value} for value in (4, -1, "0")),
    *({"t": "full", "on": value} for value in (1, 0, None, "true")),
    *({"t": "hello", "v": value, "size": [9, 9]} for value in (0, 2, "1", None)),
    *({**one, "more": 1} for one in GOOD),
    *({"t": one["t"], "shift": True} for one in GOOD if len(one) > 1),
    {"t": "paste", "text": "x" * (LONGEST_MESSAGE + 1)},
    [{"t": "leave"}] * (MOST_MESSAGES + 1),
    [{"t": "leave"}, {"t": "nothing"}],
]


def test_every_message_of_the_page_is_read():
    read = read_messages(GOOD)
    assert read[0] == Hello(1, (300, 200.5), 1.25)
    assert read[3] == Move(-3, 4)
    assert len(read) == len(GOOD)


def test_garbage_is_refused_and_changes_nothing(served):
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    state, size, headers = served.source.state, served.screen.size, len(canvas.headers)
    for one in BAD:
        if one == []:  # nothing was said, which is allowed
            canvas.client.receive(one)
            continue
        with pytest.raises(WebError) as caught:
            canvas.client.receive(one)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 400
    assert not served.screen.has_events
    settle(served)
    assert (served.source.state, served.screen.size, len(canvas.headers)) == (state, size, headers)


def test_any_damage_to_a_text_is_refused_or_a_message():
    """Bytes of good texts are exchanged: nothing but WebError comes of it."""
    rng = random.Random(1)
    texts = [str(one).replace("'", '"').replace("True", "true").replace("False", "false").encode() for one in GOOD]
    refused = 0
    for _ in range(2000):
        text = bytearray(rng.choice(texts))
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(text))
            text[at : at + rng.randint(0, 2)] = rng.choice((b"9", b"-", b"e", b'"', b"{", b"\xff", b"\x00", b"null"))
        try:
            read_messages(read_text(bytes(text)))
        except WebError:
            refused += 1
    assert 1000 < refused < 2000


@pytest.mark.parametrize("text", ["", "{", "[" * 50_000, b"\xff\xfe", '"\ud800"', "NaN", '{"t":"move","x":NaN,"y":0}'])
def test_no_json_is_refused(text):
    with pytest.raises(WebError):
        read_messages(read_text(text))


def test_a_long_text_is_refused_before_it_is_read():
    with pytest.raises(WebError, match="at most 65536"):
        read_text(" " * (LONGEST_MESSAGE + 1))
    assert read_text('{"t": "leave"}' + " " * (LONGEST_MESSAGE - 14)) == {"t": "leave"}


def test_messages_are_packed_as_websockets_carry_them():
    header, buffers = {"t": "file", "name": "é.png", "type": "image/png"}, [b"12", b"", b"345"]
    data = packed(header, buffers)
    assert unpacked(data) == ({**header, "bytes": [2, 0, 3]}, buffers)
    assert read_text(packed({"t": "say", "text": "é"}, [])) == {"t": "say", "text": "é"}


def test_too_many_that_wait_are_refused(served):
    canvas = Canvas(served.screen, SIZE)
    flood = [{"t": "key", "key": "i"}] * 4000
    for _ in range(4):
        canvas.client.receive(flood)
    with pytest.raises(WebError, match="faster than a hand"):
        canvas.client.receive(flood)
    canvas.client.disconnect()
    settle(served)
    assert not served.screen.has_events
