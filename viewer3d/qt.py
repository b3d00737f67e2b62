"""The viewer as a widget of Qt, for programs with windows of their own.

It takes the extra ``qt``: ``pip install 'viewer3d[qt]'``. Qt is reached through qtpy, so that PySide6 and PyQt do:
import yours before this, or set ``QT_API``.

>>> from viewer3d.qt import ViewerWidget
>>> widget = ViewerWidget("folder")  # doctest: +SKIP
"""

from __future__ import annotations

from viewer3d.errors import RenderError

try:
    from viewer3d.app.qt.widget import ViewerWidget
except ImportError as error:
    if (error.name or "qtpy").partition(".")[0] == "viewer3d":
        raise
    raise RenderError(
        f"the widget needs Qt, which cannot be imported here ({error}): pip install 'viewer3d[qt]'"
    ) from None

__all__ = ["ViewerWidget"]


def __dir__() -> list[str]:
    return __all__
