"""Qt off screen, its one application, and widgets that are closed in the end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from viewer3d.render.gl import find_opengl


@pytest.fixture(scope="session")
def application() -> Any:
    """The application, without a display."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    widgets = pytest.importorskip(
        "qtpy.QtWidgets", reason="no Qt here: pip install 'viewer3d[qt]'", exc_type=ImportError
    )
    if not (found := find_opengl()).works:
        pytest.skip(found.why_not)
    one = widgets.QApplication.instance() or widgets.QApplication([])
    one.setQuitOnLastWindowClosed(False)
    return one


@pytest.fixture
def make(application: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """A function that makes a widget, closed when the test is over."""
    from viewer3d.qt import ViewerWidget

    monkeypatch.setattr("viewer3d.app.qt.widget.BUSY_SECONDS", 0.05)  # at rest soon, for whom tests wait
    made = []

    def widget(what: Any, *, size: tuple[int, int] = (640, 480), shown: bool = True, **how: Any) -> Any:
        one = ViewerWidget(what, **how)
        made.append(one)
        one.resize(*size)
        if shown:
            one.show()
        return one

    yield widget
    for one in made:
        if not one._screen.is_gone:
            one.close()
            one.deleteLater()
    application.processEvents()
    application.sendPostedEvents(None, 0)


@pytest.fixture
def until(application: Any) -> Callable[[Callable[[], object]], None]:
    """A function that runs Qt's event loop until something holds."""

    def wait(condition: Callable[[], object], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            application.processEvents()
            application.sendPostedEvents(None, 52)  # DeferredDelete, which processEvents leaves to event loops
            time.sleep(0.001)

    return wait
