"""Windows and Python: a script waits until one is closed, at the prompt of IPython they live beside it."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Protocol

from viewer3d.errors import ViewError

IDLE_SECONDS = 0.004
"""Between two looks for what is due when little happens: a two-hundredth of a second is not felt."""

REST_SECONDS = 0.2
"""The same when nothing has happened for :data:`BUSY_SECONDS`: events end the wait, and all else has that time."""

BUSY_SECONDS = 1.0
"""A movie, a picture that is refined or a series that is loaded has something to do more often."""

HOOK = "viewer3d"
"""Name of the event loop, as ``%gui`` has names for others."""


class Window(Protocol):
    """What has to be turned for as long as it is open."""

    @property
    def is_open(self) -> bool:
        """Whether it is there."""

    def turn(self) -> bool:
        """Take what has happened and show what has changed; returns whether there was anything to do."""

    @property
    def files(self) -> tuple[int, ...]:
        """Numbers of the files that can be read when something has happened; none where the system has no such."""

    def close(self) -> None:
        """Close it and free what it holds."""


class _Rest:
    """Waits between turns, the longer the less happens."""

    def __init__(self) -> None:
        self._busy_until = time.monotonic() + BUSY_SECONDS

    def after(self, files: Sequence[int], *, worked: bool) -> None:
        """Wait after a turn until something happens, for a moment at most."""
        now = time.monotonic()
        if worked:
            self._busy_until = now + BUSY_SECONDS
            return
        if not files or now < self._busy_until:
            time.sleep(IDLE_SECONDS)
        else:
            select.select(files, (), (), REST_SECONDS)


def stay(window: Window) -> None:
    """Turn a window until it is closed."""
    rest = _Rest()
    try:
        while window.is_open:
            worked = window.turn()
            rest.after(window.files, worked=worked)
    finally:
        window.close()


def live_beside_prompt(window: Window) -> bool:
    """Let a window be turned while the prompt of IPython waits for keys; returns whether there is such a prompt.

    Raises
    ------
    ViewError
        In a notebook, which has no prompt; and where IPython turns the windows of another toolkit.
    """
    shell = _shell()
    if shell is None:
        return False
    pt_inputhooks = import_module("IPython.terminal.pt_inputhooks")  # it runs, so it is there
    if shell.active_eventloop not in (None, HOOK):
        raise ViewError(
            f"IPython turns the windows of {shell.active_eventloop}, and can turn no others: enter %gui, then show"
        )
    hook = pt_inputhooks.registered.get(HOOK) or PromptHook(shell.showtraceback)
    pt_inputhooks.register(HOOK, hook)
    shell.enable_gui(HOOK)
    hook.add(window)
    return True


class PromptHook:
    """Turns windows while a prompt has no input: an input hook of IPython.

    Parameters
    ----------
    report : callable
        Is called while an exception of a window is handled: it shows it, and the prompt goes on.
    """

    def __init__(self, report: Callable[[], object]) -> None:
        self._report = report
        self._windows: list[Window] = []

    def add(self, window: Window) -> None:
        """Turn one more window, until it is closed."""
        if window not in self._windows:
            self._windows.append(window)

    def __call__(self, context: Any) -> None:
        """Turn all windows until there is input, or no window any more."""
        rest = _Rest()
        while self._windows and not context.input_is_ready():
            turned = [self._turn(window) for window in tuple(self._windows)]
            files = [file for window in self._windows for file in window.files]
            rest.after([*files, context.fileno()] if files else (), worked=any(turned))

    def _turn(self, window: Window) -> bool:
        try:
            done = window.turn()
            if window.is_open:
                return done
            window.close()
        except Exception:  # noqa: BLE001, RUF100 (the prompt must not end with a window)
            self._report()
            window.close()
        self._windows.remove(window)
        return True


def _shell() -> Any:
    """Return the IPython that has a prompt here; None in scripts, also those that IPython runs."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        return None
    if hasattr(shell, "kernel"):
        raise ViewError(
            "a notebook has no prompt that a window could live beside: make a picture with viewer3d.screenshot(...), "
            "or show the window from IPython or Python in a terminal, or with `viewer3d show PATH`"
        )
    has_prompt = getattr(shell, "pt_app", None) is not None and getattr(shell.parent, "interact", True)
    return shell if has_prompt else None
