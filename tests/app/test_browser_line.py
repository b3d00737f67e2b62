"""The line of a view in a window on a folder: it knows the place and the series, and gives the bytes that are saved."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from tests.app.conftest import MemoryDesktop
from tests.app.test_browser import SMALL, seen, turned
from tests.phantom_files import write_phantom
from viewer3d.cli import main
from viewer3d.phantom import Faults

Browse = Callable[..., Any]


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    monkeypatch.setitem(
        sys.modules, "pyperclip", SimpleNamespace(copy=texts.append, set_clipboard=str, PyperclipException=OSError)
    )
    return texts


def check(viewer: Any, copied: list[str], where: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Copy the line by its key, run it elsewhere, and compare what it writes with what the window saves."""
    MemoryDesktop.latest.handler.key("Y")
    viewer.screenshot(where / "window.png")
    monkeypatch.chdir(where)
    result = CliRunner().invoke(main, shlex.split(copied[-1])[1:])
    assert result.exit_code == 0, result.output
    assert (where / "view.png").read_bytes() == (where / "window.png").read_bytes(), copied[-1]
    return copied[-1]


def test_each_series_of_a_folder_has_its_line(
    browse: Browse, copied: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "all of it"
    write_phantom(folder, faults=Faults(second_series=True), **SMALL)
    browser = seen(browse(folder))
    sizes = set()
    for entry in (0, 1):
        if browser._shown_entry != entry:
            browser.choose(entry)
            turned(browser, lambda: not browser.is_loading)
        sizes.add(browser.viewer.volume.shape)
        assert browser.viewer.files.place.series
        line = check(browser.viewer, copied, tmp_path, monkeypatch)
        assert line.startswith(f"viewer3d shot '{folder}' -o view.png ")
    assert len(sizes) == 2


def test_in_a_window_on_a_folder_a_pixel_is_explained_to_the_bits(
    browse: Browse, copied: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "ct"
    write_phantom(folder, **SMALL)
    viewer = seen(browse(folder)).viewer
    handler = MemoryDesktop.latest.handler
    handler.key("z")  # axial alone
    width, height = viewer.size
    handler.move(width // 2 + 9, height // 2 - 7)  # beside the crosshair
    handler.key("W")
    handler.key("ctrl+c")
    files = [line for line in copied[-1].splitlines() if str(folder) in line]
    assert len(files) == 4, copied[-1]  # in the slice itself, between four pixels
    assert all(" frame 1, column " in line for line in files)
    for path in folder.rglob("*.dcm"):
        path.unlink()
    handler.key("W")
    handler.key("W")
    assert viewer.note.startswith("why this grey: "), viewer.note


def test_options_name_the_series(
    browse: Browse, copied: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_phantom(tmp_path / "two", faults=Faults(second_series=True), **SMALL)
    viewer = seen(browse(tmp_path / "two")).viewer
    MemoryDesktop.latest.handler.key("g")
    assert f"--series {viewer.files.place.series}" in check(viewer, copied, tmp_path, monkeypatch)
    write_phantom(tmp_path / "one", **SMALL)
    viewer = seen(browse(tmp_path / "one")).viewer
    MemoryDesktop.latest.handler.key("g")
    assert "--series" not in check(viewer, copied, tmp_path, monkeypatch)


def test_a_4d_set_is_taken_whole(
    browse: Browse, copied: list[str], real: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = seen(browse(real("mr_4d_ge"))).viewer
    MemoryDesktop.latest.handler.key("period")
    assert viewer.state.look.member == 1
    assert "--state" in check(viewer, copied, tmp_path, monkeypatch)
