"""`viewer3d serve` with one who looks on: ``python -m tests.web.long.observed SOCKET PING DEAD serve FOLDER ...``,
with the seconds of its limits.

It is the program itself. Between its events it answers questions that come through a socket, and notes what is wrong: a
state that does not survive JSON, a note that tells of a defect.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from multiprocessing.connection import Listener
from queue import SimpleQueue
from typing import Any

import numpy as np

from viewer3d.app.browser import Browser
from viewer3d.cli import main
from viewer3d.core.view.state import ViewState
from viewer3d.web.server.limits import Limits
from viewer3d.web.server.serve import Serving


class Observer:
    """Answers questions in the thread of the viewer.

    Parameters
    ----------
    path : str
        Of the socket, which one asks through.
    """

    def __init__(self, path: str) -> None:
        self.failures: list[str] = []
        self.states: Counter[str] = Counter()
        self.viewers: list[Any] = []
        self._asked: SimpleQueue[tuple[str, SimpleQueue[Any]]] = SimpleQueue()
        self._serving: Serving | None = None
        self._listener = Listener(path, "AF_UNIX")
        threading.Thread(target=self._listen, daemon=True).start()

    def look(self, serving: Serving) -> None:
        """Check what is shown, and answer what was asked."""
        self._serving = serving
        source = serving.source
        for one in self._viewers(source):
            if one not in self.viewers:
                self.viewers.append(one)
                one.on_state(self._check)
        note = self._note(source)
        if ("defect" in note or "Error:" in note) and note not in self.failures:
            self.failures.append(note)
        while not self._asked.empty():
            question, answer = self._asked.get()
            answer.put(getattr(self, f"_answer_{question}")(serving))

    @staticmethod
    def _viewers(source: Any) -> tuple[Any, ...]:
        if not isinstance(source, Browser):
            return (source,)
        return tuple(one for one in (*source.cells.viewers, source.viewer) if one is not None)

    def _note(self, source: Any) -> str:
        """Return what is said in all cells."""
        message = source.message if isinstance(source, Browser) else ""
        return " ".join((message, *(one.note for one in self._viewers(source)))).strip()

    def _answer_picture(self, serving: Serving) -> tuple[np.ndarray, str]:
        return serving._screen.pixels.copy(), self._note(serving.source)

    def _answer_spoil(self, serving: Serving) -> None:
        """Have the screen lose all that it shows, and be shown it again."""
        screen = serving._screen
        screen._picture.resize(screen._picture.size)
        screen._is_new = True

    def _answer_facts(self, serving: Serving) -> dict[str, Any]:
        source = serving.source
        viewer = source.viewer if isinstance(source, Browser) else source
        return {
            "failures": [*self.failures, *map(repr, serving._server.failures)],
            "states": sum(self.states.values()),
            "views": dict(self.states),
            "viewers": len(self.viewers),
            "series": source.panel.opened if isinstance(source, Browser) else 0,
            "loading": isinstance(source, Browser) and source.is_loading,
            "state": "" if viewer is None else viewer.state.to_json(),
            "tabs": serving.tabs,
            "waiting": serving._screen.has_events,
            "holder": serving._screen._acting.holder is not None,
        }

    def _check(self, state: ViewState) -> None:
        text = state.to_json()
        again = ViewState.from_json(text)
        if again != state or again.to_json() != text:
            self.failures.append(f"a state does not survive JSON: {text}")
        self.states[state.shown] += 1

    def _listen(self) -> None:
        while True:
            with self._listener.accept() as there:
                try:
                    while True:
                        answer: SimpleQueue[Any] = SimpleQueue()
                        self._asked.put((there.recv(), answer))
                        if self._serving is not None:
                            self._serving._served.wake()
                        there.send(answer.get())
                except EOFError:
                    pass


def run(path: str, limits: Limits, words: list[str]) -> None:
    """Run the program with an observer, and limits of a test."""
    observer = Observer(path)
    before, init = Serving.process_events, Serving.__init__

    def process_events(serving: Serving) -> bool:
        worked = before(serving)
        observer.look(serving)
        return worked

    Serving.process_events = process_events  # type: ignore[method-assign]
    Serving.__init__ = lambda *how: init(*how, limits)  # type: ignore[method-assign,misc,assignment]
    main(words, standalone_mode=True)


if __name__ == "__main__":
    ping, dead = map(float, sys.argv[2:4])
    run(sys.argv[1], Limits(ping_seconds=ping, dead_seconds=dead), sys.argv[4:])
