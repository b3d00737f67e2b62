"""Keep one OpenGL window from one renderer to the next, and share one between several of one volume."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import local
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from viewer3d.render.gl import OpenGL, offscreen_window, silence

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

    from viewer3d.core.volume import Volume
    from viewer3d.render.volume.actor import VolumeActor
    from viewer3d.render.volume.multi_volume import MultiVolumeActor
    from viewer3d.render.volume.renderer import OffscreenRenderer


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


def window_keeper() -> WindowKeeper | None:
    """Return the keeper whose window renderers of this thread use, if there is one."""
    return _KEEPER.get()


def lent_window(opengl: OpenGL) -> vtkRenderWindow | None:
    """Return the window of the keeper of this thread, if there is one that is free."""
    keeper = _KEEPER.get()
    return None if keeper is None else keeper.lend(opengl)


def release_window(window: vtkRenderWindow) -> None:
    """Leave a window to the keeper of this thread, or free it where there is none or it has one."""
    keeper = _KEEPER.get()
    if keeper is None or not keeper.take_back(window):
        window.Finalize()


class SharedWindow:
    """Shares a window that nobody sees, where OpenGL has voxels once for all renderers that show them.

    Each renderer has its own vtkRenderer in the window; all but the one that draws are off.

    Parameters
    ----------
    opengl : OpenGL
        One that works.
    actor : VolumeActor or MultiVolumeActor
    size : tuple of int
        Width and height in pixels.

    Attributes
    ----------
    window : vtkRenderWindow
    keeper : WindowKeeper, optional
        Of those who may share it.
    users : WeakSet of OffscreenRenderer
        None once it was closed: then OpenGL has its voxels no more.
    prepared : object
        Differs as soon as another of its renderers was made ready to draw.
    """

    def __init__(self, opengl: OpenGL, actor: VolumeActor | MultiVolumeActor, size: tuple[int, int]) -> None:
        self.actor, self.keeper = actor, window_keeper()
        self.users: WeakSet[OffscreenRenderer] = WeakSet()
        self.prepared: object = None
        with silence():
            self.window = lent_window(opengl) or offscreen_window(opengl, (8, 8))
            self.window.SetAlphaBitPlanes(1)
        self._context = self._sized_context(size)

    @property
    def has_others(self) -> bool:
        """Whether several renderers use it."""
        return len(self.users) > 1

    def resize(self, size: tuple[int, int]) -> bool:
        """Make it as large, and return whether OpenGL still has the voxels: it does not in another context."""
        return self._sized_context(size) == self._context

    def _sized_context(self, size: tuple[int, int]) -> int:
        # When the context was made that the window has with such a size.
        with silence():
            self.window.SetSize(*size)
            self.window.Initialize()
            self.window.MakeCurrent()
            made: int = self.window.GetContextCreationTime()  # type: ignore[attr-defined]
            self.window.ReleaseCurrent()
        return made


class SharedWindows(local):
    """Holds those of a volume that are in use, of each thread its own; kept with the volume."""

    def __init__(self, _: Volume) -> None:
        self.used: WeakSet[SharedWindow] = WeakSet()
