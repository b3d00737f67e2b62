"""Keep one OpenGL window from one renderer to the next, for a process that draws many volumes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from viewer3d.render.gl import OpenGL, silence

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkRenderWindow


class WindowKeeper:
    """Keeps one window that nobody sees, so that the next renderer need not make one.

    What a renderer has put onto the graphics card it frees itself: the window holds what its driver has compiled, and
    a picture of the last size. It belongs to one thread at a time.
    """

    def __init__(self) -> None:
        self._window: vtkRenderWindow | None = None
        self._is_lent = False

    def lend(self, opengl: OpenGL) -> vtkRenderWindow | None:
        """Return the window, which is in use from then on; None where there is none, or it is in use."""
        if self._window is None or self._is_lent or self._window.GetClassName() != opengl.window_class:
            return None
        self._is_lent = True
        return self._window

    def take_back(self, window: vtkRenderWindow) -> bool:
        """Keep a window that is no longer in use, and return whether it is kept: only the first is."""
        if self._window is None:
            self._window = window
        elif self._window is not window:
            return False
        self._is_lent = False
        return True

    def close(self) -> None:
        """Free the window; the keeper can be used again all the same."""
        if self._window is not None:
            with silence():
                self._window.Finalize()
        self._window, self._is_lent = None, False


_KEEPER: Final[ContextVar[WindowKeeper | None]] = ContextVar("viewer3d.window_keeper", default=None)


@contextmanager
def keeping_window(keeper: WindowKeeper) -> Iterator[None]:
    """Let renderers that this thread makes meanwhile use the window of a keeper, and leave it theirs."""
    token = _KEEPER.set(keeper)
    try:
        yield
    finally:
        _KEEPER.reset(token)


def lent_window(opengl: OpenGL) -> vtkRenderWindow | None:
    """Return the window of the keeper of this thread, if there is one that is free."""
    keeper = _KEEPER.get()
    return None if keeper is None else keeper.lend(opengl)


def release_window(window: vtkRenderWindow) -> None:
    """Leave a window to the keeper of this thread, or free it where there is none or it has one."""
    keeper = _KEEPER.get()
    if keeper is None or not keeper.take_back(window):
        window.Finalize()
