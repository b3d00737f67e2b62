"""The event loop: a script waits until a desktop window is closed; a prompt of IPython does not."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Protocol

from viewer3d.errors import ViewError

IDLE_SECONDS = 0.004
"""Between two calls that process events while something happens: a two-hundredth of a second is not felt."""

REST_SECONDS = 0.2
"""The same when nothing has happened for :data:`BUSY_SECONDS`: an event ends the wait early."""

BUSY_SECONDS = 1.0
"""So long after the last event or picture the loop still looks every :data:`IDLE_SECONDS`."""

HOOK = "viewer3d"
"""Name of this event loop in IPython, where ``%gui`` has names for others."""


class EventSource(Protocol):
    """A desktop window whose events have to be processed for as long as it is open."""

    @property
    def is_open(self) -> bool:
        """Whether it is open."""

    def process_events(self) -> bool:
        """Process events, show what has changed, and return whether there was anything to do."""

    @property
    def event_files(self) -> tuple[int, ...]:
        """File descriptors that can be read when there are events; none where the system has no such."""

    def close(self) -> None:
        """Close it and free what it holds."""


class _Pause:
    """Waits between two calls that process events, longer when nothing happens."""

    def __init__(self) -> None:
        self._busy_until = time.monotonic() + BUSY_SECONDS

    def wait(self, files: Sequence[int], *, worked: bool) -> None:
        """Wait for events, and for a moment at most; not at all after there was something to do."""
        now = time.monotonic()
        if worked:
            self._busy_until = now + BUSY_SECONDS
            return
        if not files or now < self._busy_until:
            time.sleep(IDLE_SECONDS)
        else:
            select.select(files, (), (), REST_SECONDS)


def run_until_closed(source: EventSource) -> None:
    """Process the events of a desktop window until it is closed."""
    try:
        run_while(source, lambda: source.is_open)
    finally:
        source.close()


def run_while(source: EventSource, condition: Callable[[], bool]) -> None:
    """Process the events of a desktop window while a condition holds; the window stays as it is."""
    pause = _Pause()
    while condition():
        worked = source.process_events()
        pause.wait(source.event_files, worked=worked)


def run_beside_prompt(source: EventSource) -> bool:
    """Process a window's events while the prompt of IPython waits for keys; return whether there is one.

    Raises
    ------
    ViewError
        Where IPython runs the event loop of another toolkit.
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
    hook.add(source)
    return True


class PromptHook:
    """Processes events while a prompt has no input: an input hook of IPython.

    Parameters
    ----------
    report : callable
        Is called while an exception of a window is handled, and shows it; the prompt goes on.
    """

    def __init__(self, report: Callable[[], object]) -> None:
        self._report = report
        self._sources: list[EventSource] = []

    def add(self, source: EventSource) -> None:
        """Process the events of one more window, until it is closed."""
        if source not in self._sources:
            self._sources.append(source)

    def __call__(self, context: Any) -> None:
        """Process the events of all windows until there is input, or no window any more."""
        pause = _Pause()
        while self._sources and not context.input_is_ready():
            worked = [self._process(source) for source in tuple(self._sources)]
            files = [file for source in self._sources for file in source.event_files]
            pause.wait([*files, context.fileno()] if files else (), worked=any(worked))

    def _process(self, source: EventSource) -> bool:
        try:
            worked = source.process_events()
            if source.is_open:
                return worked
            source.close()
        except Exception:  # noqa: BLE001, RUF100 (the prompt must not end with a window)
            self._report()
            source.close()
        self._sources.remove(source)
        return True


def in_kernel() -> bool:
    """Return whether this is the kernel of a notebook: IPython without a prompt."""
    return hasattr(_ipython(), "kernel")


def _ipython() -> Any:
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


def _shell() -> Any:
    """Return the IPython that has a prompt here; None in notebooks and scripts, also that IPython runs."""
    shell = _ipython()
    if shell is None or in_kernel():
        return None
    has_prompt = getattr(shell, "pt_app", None) is not None and getattr(shell.parent, "interact", True)
    return shell if has_prompt else None
