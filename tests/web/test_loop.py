"""The loop of a viewer in browsers: it sleeps, is woken, and no failure ends it."""

from __future__ import annotations

import os
import select
import threading
import time

import pytest

from tests.web.canvas import Canvas
from tests.web.conftest import SIZE, settle
from viewer3d.app.browser import Browser
from viewer3d.app.prompt import run_until_closed, run_while
from viewer3d.errors import NotFoundError, RenderError
from viewer3d.web.loop import Served
from viewer3d.web.screen import WebScreen


def is_awake(served):
    return bool(select.select(served.event_files, (), (), 0)[0])


def test_messages_from_any_thread_wake_it(served):
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    assert not is_awake(served)
    sender = threading.Thread(target=lambda: [canvas.say("key", key="i") for _ in range(3)])
    sender.start()
    sender.join()
    assert is_awake(served)
    before = served.source.state
    settle(served)
    assert not is_awake(served)
    assert served.source.state.look.inverted != before.look.inverted
    canvas.client.disconnect()
    assert is_awake(served)


def test_it_sleeps_at_rest_and_an_event_ends_the_sleep(served, monkeypatch):
    monkeypatch.setattr("viewer3d.app.prompt.BUSY_SECONDS", 0.05)
    monkeypatch.setattr("viewer3d.app.prompt.REST_SECONDS", 20.0)
    canvas, seen = Canvas(served.screen, SIZE), []
    served.source.on_state(seen.append)
    threading.Timer(0.3, lambda: canvas.say("wheel", n=1, x=120, y=90)).start()
    begun, looked = time.monotonic(), []
    run_while(served, lambda: looked.append(1) or not seen)
    assert time.monotonic() - begun < 10
    assert len(looked) < 100
    served.close()
    assert canvas.headers[-1]["t"] == "end"
    assert served.event_files == ()
    served.wake()  # a browser may still speak


def test_it_is_woken_while_it_closes_and_writes_into_no_file_of_another(served, monkeypatch):
    writing, closed = threading.Event(), threading.Event()
    write = os.write

    def late(number, data):
        writing.set()
        assert not closed.wait(0.05)  # else the number may be another file's
        return write(number, data)

    monkeypatch.setattr("viewer3d.web.loop.os.write", late)
    waking = threading.Thread(target=served.wake)
    waking.start()
    assert writing.wait(10)
    pipe = served._pipe
    served.close()
    closed.set()
    waking.join()
    for number in pipe:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)


def test_what_a_handler_raises_is_told_and_the_events_behind_it_are_handled(served, capsys, monkeypatch):
    monkeypatch.setattr("viewer3d.web.spoken.CALM_SECONDS", 0.01)
    canvas = Canvas(served.screen, SIZE)
    settle(served)

    def broken(*_, **__):
        raise ZeroDivisionError("of a gesture")

    served.source.interactor.wheel = broken
    canvas.client.receive([{"t": "wheel", "n": 1, "x": 120, "y": 90}, {"t": "key", "key": "i"}])
    settle(served)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert served.source.state.look.inverted
    assert any("defect" in text for kind, text in canvas.said if kind == "note")


def test_what_cannot_be_drawn_is_told_once_and_tried_with_the_next_event(served, monkeypatch):
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    tries = []

    def broken(*_):
        tries.append(1)
        raise RenderError("no memory for the picture")

    with monkeypatch.context() as patch:
        patch.setattr(served.source.steering.presenter, "draw", broken)
        canvas.say("key", key="i")
        settle(served)
        assert len(tries) == 1
        assert canvas.said == [("note", "no memory for the picture")]
    canvas.say("key", key="i")
    settle(served)
    assert (canvas.pixels == served.screen.pixels).all()


def test_where_nothing_can_be_shown_who_has_called_is_told(tmp_path):
    screen = WebScreen(SIZE)
    browser = Browser(tmp_path, screen=screen, keep="forget")
    browser.open()
    served = Served(browser, screen)
    with pytest.raises(NotFoundError):
        run_until_closed(served)


def test_what_nobody_sees_is_looked_at_a_few_times_a_second(served, monkeypatch):
    processed, process = [], served.source.process_events
    monkeypatch.setattr(served.source, "process_events", lambda: processed.append(1) or process())
    for _ in range(50):
        served.process_events()
    assert 1 <= len(processed) <= 5
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    assert len(processed) > 10
    assert (canvas.pixels == served.screen.pixels).all()


def test_what_cannot_be_said_ends_no_picture(served, monkeypatch, capsys):
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    monkeypatch.setattr("viewer3d.web.spoken.spoken_texts", lambda _: 1 / 0)
    canvas.say("key", key="i")
    settle(served, 0.2)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert served.source.state.look.inverted
    assert canvas.frames[-1]["still"]
