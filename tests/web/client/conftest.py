"""A browser, once for all tests of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import Page, chromium
from tests.web.client.serving import Seen, Serving, serving
from viewer3d.app.viewer import Viewer
from viewer3d.render.gl import find_opengl
from viewer3d.web.loop import Served
from viewer3d.web.screen import WebScreen


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Its first page."""
    if not (found := find_opengl()).works:
        pytest.skip(found.why_not)
    with chromium(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., Serving]]:
    """A function that serves a viewer of a volume, until the tests of the file are over."""
    with ExitStack() as stack:

        def start(volume: Any, view: str = "quad", size: tuple[int, int] = (720, 480), **how: Any) -> Serving:
            screen = WebScreen(size)
            viewer = Viewer(volume, view, size, screen=screen, **how)
            viewer.open()
            return stack.enter_context(serving(Served(viewer, screen)))

        yield start


@pytest.fixture
def look(browser: Page) -> Iterator[Callable[..., Seen]]:
    """A function that opens what is served in another tab of the browser, closed when the test is over."""
    pages: list[Page] = []

    def open_page(one: Serving, size: tuple[int, int] = (720, 480), scale: float = 1, *, wait: bool = True) -> Seen:
        page = browser.beside()
        pages.append(page)
        page.size(*size, scale)
        seen = Seen(page, one)
        if wait:
            seen.open(one.link)
        return seen

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def folder(tmp_path: Path, browser: Page) -> Path:
    """The folder that the browser downloads into."""
    browser.of_browser("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    return tmp_path
