"""The verb shot with a saved view: as JSON, from a file, and beside what it cannot be beside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from viewer3d import load, screenshot
from viewer3d.cli import main
from viewer3d.core.view.state import ViewState
from viewer3d.core.window import Window
from viewer3d.render.first_state import first_state


@pytest.fixture(scope="module")
def state(folder: Path) -> ViewState:
    return first_state(load(folder), "sagittal").with_cursor((3.5, 2, 1)).with_window(Window(12, 345))


def shot(folder: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["shot", str(folder), "-o", "a.png", "--size", "90x80", *words])
    return result.exit_code, result.stdout + result.stderr


def test_json_a_file_of_it_and_a_picture_draw_the_same(
    folder: Path, state: ViewState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    screenshot(load(folder), "truth.png", state=state, size=(90, 80))
    (tmp_path / "view.json").write_text(state.to_json())
    for text in (state.to_json(), replace(state, series=()).to_json(), "view.json", "truth.png"):
        assert shot(folder, "--state", text)[0] == 0
        assert (tmp_path / "a.png").read_bytes() == (tmp_path / "truth.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--state", "{}"], "--state: not a view state"),
        (["--state", "none.json"], "none.json: cannot be read"),
        (["--state", "@", "--view", "axial"], "--state holds the view"),
        (["--state", "@", "--window", "bone"], "--state holds the view"),
        (["--state", "@", "--hide-couch"], "--state holds the view"),
    ],
)
def test_what_a_view_cannot_be_beside(
    words: list[str], says: str, folder: Path, state: ViewState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = shot(folder, *(state.to_json() if one == "@" else one for one in words))
    assert code == 2
    assert says in output
    assert not (tmp_path / "a.png").exists()


def test_a_view_of_another_series_is_told(
    folder: Path, state: ViewState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = shot(folder, "--state", replace(state, series=("ab" * 32,)).to_json())
    assert code == 0
    assert "the view was saved with another series" in output
