"""Callbacks: functions that a viewer calls when what it shows has changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import get_ident
from typing import Any, Literal

from viewer3d.core.vectors import Vector
from viewer3d.core.view.state import ViewState
from viewer3d.core.window import Window
from viewer3d.measurements.table import TableRow

__all__ = ["Callbacks", "Remove"]

Remove = Callable[[], None]
"""Removes a callback; nothing happens when it is removed already."""

_Event = Literal["state", "cursor", "window", "measurement", "close"]


class Callbacks:
    """The callbacks of a viewer, which is a subclass of it.

    They are called after the change, with the new value, in the order in which they were added. Where a desktop window
    is open, that is in the thread of its event loop, also when another thread has set the state. An exception in one is
    told in the window and on standard error; all else goes on.
    """

    def __init__(self) -> None:
        self._functions: dict[_Event, dict[object, Callable[..., object]]] = {}
        self._changes: deque[tuple[ViewState, ViewState] | None] = deque()  # before and after; None: closed
        self._loop_thread: int | None = None
        self._is_calling = False

    def on_state(self, function: Callable[[ViewState], object]) -> Remove:
        """Call a function whenever the state has changed, by the user or by the program.

        Parameters
        ----------
        function : callable
            Is called with the new :class:`viewer3d.ViewState`. Every motion of the pointer over a slice changes it.

        Returns
        -------
        callable
            Removes the function; it may be called at any time, also while callbacks are called.

        Examples
        --------
        >>> remove = viewer.on_state(lambda state: print(state.view))      # doctest: +SKIP
        >>> remove()                                                       # doctest: +SKIP
        """
        return self._add("state", function)

    def on_cursor(self, function: Callable[[Vector], object]) -> Remove:
        """Call a function whenever the cursor has moved.

        Parameters
        ----------
        function : callable
            Is called with the point where the slices cut, (x, y, z) in LPS mm.

        Returns
        -------
        callable
            Removes the function.
        """
        return self._add("cursor", function)

    def on_window(self, function: Callable[[Window], object]) -> Remove:
        """Call a function whenever the VOI window of the active layer has changed, or another layer is active.

        Parameters
        ----------
        function : callable
            Is called with the new :class:`viewer3d.Window`.

        Returns
        -------
        callable
            Removes the function.
        """
        return self._add("window", function)

    def on_measurement(self, function: Callable[[list[TableRow]], object]) -> Remove:
        """Call a function whenever a measurement was added, changed or deleted, also while one is drawn.

        Parameters
        ----------
        function : callable
            Is called with the table of all measurements, see :attr:`viewer3d.Viewer.measurements`.

        Returns
        -------
        callable
            Removes the function.
        """
        return self._add("measurement", function)

    def on_close(self, function: Callable[[], object]) -> Remove:
        """Call a function when the viewer was closed; its last state can still be read.

        Parameters
        ----------
        function : callable
            Is called without arguments, once.

        Returns
        -------
        callable
            Removes the function.
        """
        return self._add("close", function)

    def _add(self, event: _Event, function: Callable[..., object]) -> Remove:
        key = object()  # the same function may be added twice
        self._functions.setdefault(event, {})[key] = function
        return lambda: self._functions[event].pop(key, None) and None

    def _notify(self, change: tuple[ViewState, ViewState] | None) -> None:
        """Call back for a change of the state, before and after it, or with None for the closing."""
        self._changes.append(change)
        self._call_back()

    def _call_back(self) -> None:
        """Call the functions for all changes so far, unless this is another thread or one of these calls."""
        if self._is_calling or self._loop_thread not in (None, get_ident()):
            return
        self._is_calling = True
        try:
            while self._changes:
                change = self._changes.popleft()
                if change is None:
                    self._call("close")
                    continue
                before, after = change
                if before != after:
                    self._call("state", after)
                if before.cursor != after.cursor:
                    self._call("cursor", after.cursor)
                if before.look.window != after.look.window:
                    self._call("window", after.look.window)
                if before.measurements != after.measurements and self._functions.get("measurement"):
                    self._call("measurement", self._table_of(after))
        finally:
            self._is_calling = False

    def _call(self, event: _Event, *values: Any) -> None:
        functions = self._functions.get(event, {})
        for key, function in tuple(functions.items()):
            if key not in functions:  # removed by one that was called before
                continue
            try:
                function(*values)
            except Exception as error:  # noqa: BLE001, RUF100 (whatever a user's function does, the window goes on)
                self._report(f"on_{event}", error)

    def _table_of(self, state: ViewState) -> list[TableRow]:
        raise NotImplementedError

    def _report(self, callback: str, error: Exception) -> None:
        raise NotImplementedError
