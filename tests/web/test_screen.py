"""What browsers are sent of a viewer, and what they do to it."""

from __future__ import annotations

import select
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.web.canvas import Canvas
from tests.web.conftest import SIZE, settle
from viewer3d import phantom
from viewer3d.app.browser import Browser
from viewer3d.app.viewer import Viewer
from viewer3d.errors import Viewer3DError
from viewer3d.render.panes import Rect
from viewer3d.web import pictures
from viewer3d.web.loop import Served
from viewer3d.web.screen import LARGEST_SIDE, MOST_SCALE, SMALLEST_SIDE, WebScreen

AXIAL = {"x": 120, "y": 90}
"""A point of the axial pane of four."""

IN_3D = {"x": 360, "y": 90}


def difference(canvas, screen):
    return np.abs(canvas.pixels.astype(int) - screen.pixels)


def test_canvas_is_the_picture_at_rest_and_near_it_in_motion(served):
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    assert canvas.frames[-1]["still"]
    assert canvas.pixels.any()
    assert not difference(canvas, served.screen).any()
    canvas.say("wheel", n=3, **AXIAL)
    served.process_events()
    moved = canvas.frames[-1]
    assert not moved["still"]
    assert {rect[4] for rect in moved["rects"]} == {"jpeg"}
    error = difference(canvas, served.screen)
    assert 0 < error.max() < 80
    assert error.mean() < 1
    settle(served)
    assert not difference(canvas, served.screen).any()
    assert {rect[4] for rect in canvas.frames[-1]["rects"]} == {"webp"}
    assert canvas.frames[-1]["points"] == list(SIZE)


def test_3d_pane_is_lossless_at_rest_after_a_drag(serve, monkeypatch):
    monkeypatch.setattr("viewer3d.app.window.presenter._REST_SECONDS", 0.04)
    monkeypatch.setattr("viewer3d.app.window.presenter._PAUSE_SECONDS", 0.02)
    served = serve("quad")
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    before = canvas.pixels.copy()
    canvas.say("press", b=0, **IN_3D)
    for step in range(4):
        canvas.say("move", x=IN_3D["x"] + 9 * step, y=90)
        served.process_events()
    canvas.say("release", b=0)
    settle(served)
    assert canvas.frames[-1]["still"]
    assert (canvas.pixels != before).any()
    assert not difference(canvas, served.screen).any()


def test_only_what_changed_is_sent_and_only_what_was_lossy_again(served):
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    number = len(canvas.frames)
    canvas.say("wheel", n=1, **AXIAL)
    settle(served)
    moved, still = canvas.frames[number:]
    area = sum(width * height for _, _, width, height, _ in moved["rects"])
    assert 0 < area < 0.5 * SIZE[0] * SIZE[1]
    assert [rect[:4] for rect in still["rects"]] == [rect[:4] for rect in moved["rects"]]
    settle(served)
    assert len(canvas.frames) == number + 2


def test_nothing_is_encoded_without_a_browser(serve, monkeypatch):
    monkeypatch.setattr(pictures, "encode", lambda *_, **__: pytest.fail("encoded for nobody"))
    served = serve()
    settle(served)
    assert served.screen.can_take
    gone = Canvas(served.screen, SIZE)
    gone.client.disconnect()
    served.source.state = served.source.state.with_cursor((0, 0, 0))
    settle(served)
    assert served.screen.pixels.any()
    assert gone.headers == []


@pytest.mark.parametrize("ctrl", [False, True])
def test_300_events_at_once_are_one_picture_and_the_state_of_single_ones(serve, ctrl):
    served, single = serve(), serve()
    canvas, other = (Canvas(one.screen, SIZE) for one in (served, single))
    settle(served)
    settle(single)
    frames = len(canvas.frames)
    # At the end of the stack a step on counts nothing, and one back does.
    events = [{"t": "wheel", "n": 1 if number % 100 < 60 else -1, "ctrl": ctrl, **AXIAL} for number in range(300)]
    canvas.client.receive(events)
    served.process_events()
    assert len(canvas.frames) == frames + 1
    for message in events:
        other.client.receive(message)
        single.screen.process_events()
    assert served.source.state == single.source.state
    assert served.source.state != serve().source.state


PLACES = st.tuples(st.sampled_from([60, 120, 123, 200, 300, 361, 479]), st.sampled_from([1, 80, 90, 93, 200, 270, 358]))
PLACE = PLACES.map(lambda place: {"x": place[0], "y": place[1]})
STEPS = st.lists(st.sampled_from([-8, -1, 1, 8]), min_size=1, max_size=6)


def turns(steps, place, ctrl):
    return [{"t": "wheel", "n": n, "ctrl": ctrl, **place} for n in steps]


def drag(keys, button, places, held):
    """Keys that choose a tool, if any; a button that is pressed; motions; the release."""
    before = [{"t": "key", "key": key} for key in keys]
    moves = [{"t": "move", **place} for place in places]
    return [*before, {"t": "press", "b": button, **held, **places[0]}, *moves, {"t": "release", "b": button}]


GESTURES = st.one_of(
    st.builds(turns, STEPS, PLACE, st.booleans()),
    st.builds(
        drag,
        st.sampled_from(["", "", "E", "Q", "d", "e"]),
        st.integers(0, 2),
        st.lists(PLACE, min_size=1, max_size=8),
        st.fixed_dictionaries({"shift": st.booleans(), "ctrl": st.booleans()}),
    ),
    st.builds(lambda place, shift: [{"t": "move", "shift": shift, **place}], PLACE, st.booleans()),
    st.builds(lambda key: [{"t": "key", "key": key}], st.sampled_from(["Escape", "Enter", "PageUp", "Tab", "/", "i"])),
    st.builds(lambda place: [{"t": "double", **place}, {"t": "release", "b": 0}], PLACE),
    st.just([{"t": "leave"}]),
)
HELD = {"shift": False, "ctrl": False}
LINE = [{"x": x, "y": y} for x, y in ((90, 60), (110, 60), (150, 70), (160, 110), (120, 130), (90, 110), (91, 62))]
COMES_BACK = [{"x": x, "y": 90} for x in (120, 124, 150, 121)]
EVENTS = st.lists(GESTURES, max_size=8).map(lambda many: [event for one in many for event in one])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS)
@example(drag("E", 0, LINE, HELD))  # a freehand line goes through all of its points
@example(drag("", 0, COMES_BACK, HELD))  # a drag that comes back is no click
def test_folded_events_lead_to_the_state_of_single_ones(small_volume, events):
    screens = [WebScreen(SIZE), WebScreen(SIZE)]
    viewers = [Viewer(small_volume, "quad", screen=one) for one in screens]
    for viewer, screen, at_once in zip(viewers, screens, (True, False), strict=True):
        viewer.open()
        client = screen.connect(lambda *_: None)
        client.receive({"t": "hello", "v": 1, "size": SIZE, "scale": 1})
        screen.process_events()
        if at_once:
            client.receive(events)
        for one in [None] if at_once else events:
            if one is not None:
                client.receive(one)
            while screen.has_events:
                try:
                    screen.process_events()
                except Viewer3DError:  # which the viewer would tell
                    continue
    states = [viewer.state for viewer in viewers]
    for viewer in viewers:
        viewer.close()
    assert states[0] == states[1]


def test_two_browsers_see_the_same_and_nothing_is_encoded_twice(served, monkeypatch):
    encoded, encode = [], pictures.encode
    monkeypatch.setattr(pictures, "encode", lambda part, **how: encoded.append(part.shape) or encode(part, **how))
    canvases = [Canvas(served.screen, SIZE) for _ in range(2)]
    settle(served)
    canvases[1].say("wheel", n=2, **AXIAL)
    settle(served)
    for canvas in canvases:
        assert not difference(canvas, served.screen).any()
    sent = [[rect for frame in canvas.frames for rect in frame["rects"]] for canvas in canvases]
    assert sent[0] == sent[1]
    assert len(encoded) == len(sent[0])
    assert [one["clients"] for one in canvases[0].headers if one["t"] == "info"][-1] == 2


def test_a_browser_that_shows_nothing_blocks_nobody_and_is_caught_up(served, monkeypatch):
    asleep = Canvas(served.screen, SIZE, acks=False)
    for _ in range(4):
        asleep.say("wheel", n=1, **AXIAL)
        settle(served, 0.03)
    assert len(asleep.frames) == 2
    assert not served.screen.can_take
    awake = Canvas(served.screen, SIZE)
    settle(served)
    assert served.screen.can_take
    assert not difference(awake, served.screen).any()
    awake.client.disconnect()
    monkeypatch.setattr(pictures, "STALL_SECONDS", 0.0)
    before = served.source.state
    asleep.say("key", key="i")
    served.process_events()
    assert served.screen.can_take
    assert served.source.state != before
    assert len(asleep.frames) == 2
    asleep.acks = True
    asleep.acknowledge()
    settle(served)
    assert not difference(asleep, served.screen).any()


def test_a_browser_that_cannot_be_reached_is_gone_and_lets_go(served):
    def broken(*_):
        raise ConnectionResetError("cut")

    canvas, other = Canvas(served.screen, SIZE), served.screen.connect(broken)
    other.receive([{"t": "hello", "v": 1, "size": [300, 200], "scale": 1}, {"t": "press", "b": 0, **AXIAL}])
    settle(served)
    assert served.screen.clients == 1
    assert not served.source.interactor.is_holding
    before = served.source.state.cursor
    canvas.say("wheel", n=1, **AXIAL)
    settle(served)
    assert served.source.state.cursor != before
    other.receive({"t": "key", "key": "i"})
    assert not served.screen.has_events


def test_while_one_holds_a_button_another_changes_nothing(served):
    one, other = Canvas(served.screen, SIZE), Canvas(served.screen, SIZE)
    settle(served)
    one.say("press", b=2, **AXIAL)
    other.client.receive(
        [
            {"t": "press", "b": 0, "x": 20, "y": 20},
            {"t": "move", "x": 300, "y": 300},
            {"t": "wheel", "n": 2, **AXIAL},
            {"t": "key", "key": "i"},
            {"t": "release", "b": 2},
            {"t": "leave"},
        ]
    )
    before = served.source.state
    served.process_events()
    assert served.source.interactor.is_holding
    assert served.source.state == before
    one.say("release", b=2)
    other.say("key", key="i")
    served.process_events()
    assert served.source.state.look.inverted


def test_one_that_sleeps_or_begins_anew_holds_nothing(served, monkeypatch):
    asleep, other = Canvas(served.screen, SIZE, acks=False), Canvas(served.screen, SIZE)
    for _ in range(3):
        settle(served)
        asleep.say("wheel", n=1, **AXIAL)
    asleep.say("press", b=2, **AXIAL)
    settle(served)
    monkeypatch.setattr(pictures, "STALL_SECONDS", 0.0)
    other.client.receive([{"t": "press", "b": 1, **AXIAL}, {"t": "move", "x": 150, "y": 120}])
    before = served.source.state
    settle(served)
    assert served.source.state.axial.pan != before.axial.pan
    other.say("hello", v=1, size=list(SIZE), scale=1)
    settle(served)
    assert not served.source.interactor.is_holding


def test_one_that_stands_still_with_a_button_down_is_asked_when_another_acts(served, monkeypatch):
    still, other = Canvas(served.screen, SIZE), Canvas(served.screen, SIZE)
    settle(served)
    still.say("press", b=2, **AXIAL)
    settle(served)
    still.acks, frames = False, len(still.frames)
    for _ in range(5):
        other.say("wheel", n=1, **AXIAL)
        settle(served)
    assert [one["rects"] for one in still.frames[frames:]] == [[], []]  # no more than may be on their way
    assert served.source.interactor.is_holding  # it may be a hand that holds still
    still.acknowledge()
    other.say("wheel", n=1, **AXIAL)
    settle(served)
    assert served.source.interactor.is_holding
    monkeypatch.setattr(pictures, "STALL_SECONDS", 0.0)
    before = served.source.state.cursor
    for _ in range(3):
        other.say("wheel", n=1, **AXIAL)
        settle(served)
    assert served.source.state.cursor != before
    assert not served.source.interactor.is_holding


def test_two_buttons_of_one_browser_and_its_going_let_both_go(served):
    canvas, other = Canvas(served.screen, SIZE), Canvas(served.screen, SIZE)
    for button in (0, 2):
        canvas.say("press", b=button, **AXIAL)
    settle(served)
    canvas.client.disconnect()
    other.say("key", key="i")
    settle(served)
    assert served.source.state.look.inverted
    assert not served.source.interactor.is_holding


def test_size_is_that_of_who_acted_last_and_places_are_those_of_what_was_seen(served):
    one = Canvas(served.screen, SIZE)
    other = Canvas(served.screen, (300, 200), scale=2)
    settle(served)
    assert (served.screen.size, served.screen.scale) == ((300, 200), 2)
    assert one.pixels.shape == other.pixels.shape == (400, 600, 3)
    assert one.frames[-1]["size"] == [600, 400]
    assert one.frames[-1]["points"] == [300, 200]
    one.say("move", x=10, y=10)  # to look is not to act
    settle(served)
    assert served.screen.size == (300, 200)
    one.say("press", b=0, x=75, y=50)
    settle(served)
    assert served.screen.size == (300, 200)  # a drag goes on where it began
    one.say("release", b=0)
    settle(served)
    assert (served.screen.size, served.screen.scale) == (SIZE, 1)
    for canvas in (one, other):
        assert not difference(canvas, served.screen).any()
    other.say("resize", size=[600, 400], scale=1)
    served.screen.process_events()  # nothing was drawn yet: what it sees is smaller
    other.say("move", x=60, y=45)
    served.screen.process_events()
    x, y = served.source.interactor.position.x, served.source.interactor.position.y
    assert (x, y) == pytest.approx((60.5 * 600 / 480 - 0.5, 45.5 * 400 / 360 - 0.5))


def test_a_place_is_of_the_picture_that_was_seen_though_another_is_shown_when_it_is_handled(served):
    canvas = Canvas(served.screen, SIZE, acks=False)
    settle(served)
    canvas.acknowledge()
    canvas.say("resize", size=[960, 720], scale=1)
    served.screen.process_events()
    canvas.say("move", x=60, y=45)  # of the small picture
    handled = []
    served.screen._handler = SimpleNamespace(move=lambda x, y, **_: handled.append((x, y)))
    number = len(canvas.frames)
    served.screen.show(np.full((720, 960, 3), 9, np.uint8), [Rect(0, 0, 960, 720)])
    served.screen.send_due()
    assert [one["points"] for one in canvas.frames[number:]] == [[960, 720]]
    canvas.acknowledge()  # the move still waits
    canvas.say("move", x=60, y=45)  # of the large one
    served.screen.process_events()
    assert handled == [pytest.approx((60.5 * 2 - 0.5, 45.5 * 2 - 0.5)), (60, 45)]


def test_of_a_flood_of_events_that_take_long_pictures_are_seen_meanwhile(served, monkeypatch):
    monkeypatch.setattr("viewer3d.web.screen.EVENT_SECONDS", 0.002)  # of one event
    canvas, other, handled = Canvas(served.screen, SIZE), Canvas(served.screen, SIZE), []
    settle(served)
    frames, key = len(other.frames), served.source.interactor.key

    def slow(*how):
        handled.append(1)
        time.sleep(0.005)
        served.source.state = served.source.state.with_cursor((len(handled), 0, 0))  # each is another picture
        key(*how)

    served.source.interactor.key = slow
    canvas.client.receive([{"t": "key", "key": "i"}] * 41)
    while not handled:  # a machine under load may be late by all of the time
        served.process_events()
    assert len(handled) == 1
    assert select.select(served.event_files, (), (), 0)[0]  # it does not sleep
    settle(served)
    assert len(handled) == 41  # the picture is another one after each
    assert served.source.state.look.inverted
    assert len(other.frames) > frames + 4


@pytest.mark.parametrize(
    ("size", "scale", "pixels"),
    [
        ([0, 1e6], 1, (SMALLEST_SIDE, LARGEST_SIDE)),
        ([1e6, 100], 0, (LARGEST_SIDE, SMALLEST_SIDE)),
        ([3000, 40], 1000, (LARGEST_SIDE, 40 * MOST_SCALE)),
        ([333.3, 222.7], 1.5, (500, 335)),
    ],
)
def test_sizes_are_clamped(size, scale, pixels):
    screen = WebScreen(SIZE)
    screen.connect(len).receive({"t": "hello", "v": 1, "size": size, "scale": scale})
    screen.process_events()
    assert screen.pixels.shape[1::-1] == pixels


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1.25, 2.0])
def test_panel_and_picture_of_a_folder_are_shown_on_screens_of_high_density(tmp_path, scale, monkeypatch):
    monkeypatch.setattr("viewer3d.web.pictures.LOSSLESS_SECONDS", 0.005)
    for name in ("one", "two"):
        phantom.write(tmp_path / name, shape=(20, 16, 8), seed=len(name) + ord(name[0]))
    screen = WebScreen(SIZE)
    browser = Browser(tmp_path, "mpr", screen=screen, keep="forget")
    browser.open()
    served = Served(browser, screen)
    canvas = Canvas(screen, SIZE, scale)
    until = time.monotonic() + 20
    while browser.viewer is None or browser.is_loading:
        assert time.monotonic() < until
        served.process_events()
    settle(served)
    assert browser.panel.is_shown
    assert canvas.pixels.shape == (360 * scale, 480 * scale, 3)
    assert not difference(canvas, screen).any()
    canvas.say("key", key="Tab")
    settle(served)
    assert not browser.panel.is_shown
    assert not difference(canvas, screen).any()
    served.close()


def test_half_of_a_picture_is_never_sent(served):
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    frames, before = len(canvas.frames), canvas.pixels.copy()
    new = np.full((SIZE[1], SIZE[0], 3), 9, np.uint8)
    served.screen.show(new, [Rect(0, 0, 240, SIZE[1])], is_more=True)
    assert not served.screen.send_due()
    assert len(canvas.frames) == frames
    assert (canvas.pixels == before).all()
    served.screen.show(new, [Rect(240, 0, 240, SIZE[1])])
    assert served.screen.send_due()
    assert abs(canvas.pixels.astype(int) - 9).max() < 4


def test_many_resizes_are_one_picture(served):
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    frames = len(canvas.frames)
    canvas.client.receive([{"t": "resize", "size": [300 + side, 200], "scale": 1} for side in range(100)])
    served.process_events()
    assert [one["size"] for one in canvas.frames[frames:]] == [[399, 200]]


def test_hello_again_sends_all_again(served):
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    canvas.pixels[...] = 7
    canvas.say("hello", v=1, size=list(SIZE), scale=1)
    settle(served)
    assert not difference(canvas, served.screen).any()


def test_a_key_does_not_close_what_the_program_closes(served):
    canvas = Canvas(served.screen, SIZE)
    for key in ("q", "Escape"):
        canvas.say("key", key=key)
    settle(served)
    assert served.is_open
    served.close()
    assert canvas.headers[-1] == {"t": "end", "why": "the viewer was closed"}


def test_files_texts_and_full_screen_go_to_who_has_acted_last(served):
    one, other = Canvas(served.screen, SIZE), Canvas(served.screen, SIZE)
    settle(served)
    other.say("key", key="i")
    settle(served)
    screen, seen = served.screen, len(one.headers)
    assert screen.give_file("a.png", b"12")
    assert screen.copy_text("x")
    assert screen.set_full_screen(is_full=True)
    assert other.headers[-3:] == [
        {"t": "file", "name": "a.png", "type": "image/png"},
        {"t": "copy", "text": "x"},
        {"t": "full", "on": True},
    ]
    assert other.buffers == [b"12"]
    assert not screen.is_full_screen
    other.say("full", on=True)
    settle(served)
    assert screen.is_full_screen
    assert [one["t"] for one in one.headers[seen:]].count("file") == 0
    for client in (one.client, other.client):
        client.disconnect()
    settle(served)
    assert not screen.give_file("a.png", b"12")
    assert not screen.set_full_screen(is_full=False)
