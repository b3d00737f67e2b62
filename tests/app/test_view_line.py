"""The line that makes a view: run, it gives the very bytes that the window saves."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import viewer3d
from tests.app.conftest import MemoryScreen
from tests.phantom_files import write_phantom
from viewer3d import Viewer, load
from viewer3d.app.saving import OpenedFiles
from viewer3d.app.view_line import choices_of, view_line
from viewer3d.cli import main
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.state import Box, Slab, SlicePane, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import RecipeError
from viewer3d.recipes.words.line import UNKNOWN_PLACE, DataPlace, Language, placeholders

SIZE = (150, 130)
QUICK = 14


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a 'folder'")
    write_phantom(folder, shape=(24, 20, 8), spacing=(14.0, 12.0, 20.0))
    return folder


@pytest.fixture(scope="module")
def ct(folder: Path) -> Volume:
    return load(folder)


def run(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Run a line in its folder, and return what it writes."""
    monkeypatch.chdir(folder)
    if line.startswith("import"):
        exec(line, {})
    else:
        program, *words = shlex.split(line)
        assert program == "viewer3d"
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
    return (folder / "view.png").read_bytes()


def changed(state: ViewState, rng: np.random.Generator, volume: Volume) -> ViewState:
    """Change a state at random, a little or a lot."""
    low, high = volume.geometry.bounds

    def place() -> tuple[float, float, float]:
        x, y, z = (float(one) for one in rng.uniform(low, high))
        return x, y, z

    angle = float(rng.uniform(0, 1))
    turned = ((np.cos(angle), np.sin(angle), 0.0), (-np.sin(angle), np.cos(angle), 0.0), (0.0, 0.0, 1.0))
    window = Window(float(rng.uniform(-500, 500)), float(rng.uniform(2, 2000)))
    changes: list[dict[str, Any]] = [
        {"cursor": place()},
        {"cursor": place()},
        {"view": str(rng.choice(["axial", "coronal", "sagittal", "mpr"]))},
        {"slab": Slab(float(rng.uniform(1, 40)), str(rng.choice(["maximum", "minimum", "mean"])))},  # type: ignore[arg-type]
        {"interpolation": "nearest"},
        {"axial": SlicePane(float(rng.uniform(0.5, 4)), (float(rng.uniform(-9, 9)), 3.25))},
        {"axes": tuple(tuple(map(float, one)) for one in turned)},
        {"enlarged": "coronal"},
        {"crop": Box(place(), tuple(high + 1))},  # type: ignore[arg-type]
        {"camera": Camera(place(), tuple(high + 400.5))},  # type: ignore[arg-type]
        {"measurements": (Measurement("distance", (place(), place()), (1, 0, 0), (0, 1, 0), "a \"b\" 'c' $d\\"),)},
    ]
    looks: list[dict[str, Any]] = [
        {"window": window},
        {"window": Window(-600, 1500)},
        {"window": Window(10.0, 20.5, "SIGMOID")},
        {"window": Window(-0.25, 700.0, "LINEAR_EXACT")},
        {"inverted": True},
        {"colors": "hot-iron"},
        {"value_bar": True},
        {"couch_hidden": False},
        {"face_hidden": False},
    ]
    for change in rng.choice(len(changes), int(rng.integers(0, 3)), replace=False):
        if not ("enlarged" in changes[change] and state.view not in ("quad", "mpr")):
            state = replace(state, **{"enlarged": None, **changes[change]})
    for look in rng.choice(len(looks), int(rng.integers(0, 3)), replace=False):
        state = state.with_look(0, **looks[look])
    return state


@pytest.mark.parametrize(
    "seeds", [range(QUICK), pytest.param(range(QUICK, 400), marks=pytest.mark.slow)], ids=["quick", "all"]
)
def test_the_line_gives_the_bytes_of_the_picture(
    seeds: range, ct: Volume, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_options = 0
    with Viewer(ct, "mpr", SIZE, off_screen=True) as viewer:
        begin = {view: viewer.state.with_view(view) for view in ("mpr", "axial", "quad")}  # type: ignore[arg-type]
        for seed in seeds:
            rng = np.random.default_rng(seed)
            viewer.state = changed(begin["quad" if seed % 7 == 0 else "mpr" if seed % 3 else "axial"], rng, ct)
            viewer.screenshot(tmp_path / "window.png")
            language: Language = "python" if seed % 4 == 3 else "shell"
            line = view_line(viewer.placed, viewer.state, viewer.size, DataPlace((str(folder),)), language)
            assert run(line, tmp_path, monkeypatch) == (tmp_path / "window.png").read_bytes(), line
            by_options += "from_json" not in line and "--state" not in line
    assert 0 < by_options < len(seeds) / 2  # a view of slices alone keeps the camera of the window's 3D pane


def test_options_say_what_they_can(ct: Volume) -> None:
    with Viewer(ct, "quad", SIZE, off_screen=True) as viewer:
        first = viewer.state
        assert choices_of(ct, first) == {}
        assert choices_of(ct, first.with_window(Window(-600, 1500))) == {"window": "lung"}
        assert choices_of(ct, first.with_window(Window(12.5, 80))) == {"window": "12.5/80"}
        moved = replace(first.with_cursor((1.5, -2, 0.125)), slab=Slab(5.0, "mean"), interpolation="nearest")
        assert choices_of(ct, moved.with_look(0, inverted=True, colors="viridis")) == {
            "at": (1.5, -2.0, 0.125),
            "slab": "5.0,mean",
            "interpolation": "nearest",
            "inverted": True,
            "colors": "viridis",
        }
        for state in (
            first.with_camera(Camera((0, -400.5, 0), (0, 0, 0))),
            first.with_window(Window(1, 3, "SIGMOID")),
            first.with_look(0, value_bar=True),
            replace(first, planes_shown=True),
            replace(first, enlarged="axial"),
        ):
            assert choices_of(ct, state) is None


@pytest.mark.slow  # the browser's own test is quick
def test_a_series_among_others_is_named_or_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder has a smaller series beside the one that is shown: options name it, a state knows it."""
    for name, shape in (("one", (24, 20, 8)), ("two", (24, 20, 4))):
        write_phantom(tmp_path / "all" / name, shape=shape, spacing=(14.0, 12.0, 20.0))
    from pydicom import dcmread
    from pydicom.uid import generate_uid

    uid = generate_uid(entropy_srcs=["two"])
    for path in (tmp_path / "all" / "two").iterdir():
        dataset = dcmread(path)
        dataset.SeriesInstanceUID = uid
        dataset.save_as(path)
    place = DataPlace((str(tmp_path / "all"),), uid)
    with Viewer(load(tmp_path / "all", series=uid), "quad", SIZE, off_screen=True) as viewer:
        for state in (viewer.state, viewer.state.with_look(0, value_bar=True)):
            viewer.state = state
            viewer.screenshot(tmp_path / "window.png")
            for language in ("shell", "python"):
                line = view_line(viewer.placed, state, viewer.size, place, language)  # type: ignore[arg-type]
                assert run(line, tmp_path, monkeypatch) == (tmp_path / "window.png").read_bytes(), line


def test_what_lies_over_it(ct: Volume, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = load(folder)
    look = {"window": "10/200", "opacity": 0.25, "colors": "hot-iron"}
    layer = viewer3d.Layer(other, 'a, "b"', np.diag([1.0, 1.0, 1.25, 1.0]), look=look)
    with Viewer(ct, "mpr", SIZE, off_screen=True, overlays=[layer]) as viewer:
        viewer.state = viewer.state.with_look(1, opacity=0.75)
        viewer.screenshot(tmp_path / "window.png")
        for language in ("shell", "python"):
            line = view_line(viewer.placed, viewer.state, viewer.size, UNKNOWN_PLACE, language)  # type: ignore[arg-type]
            assert placeholders(line) == ("PATH", "OVERLAY1")
            for word in ("PATH", "OVERLAY1"):
                if not (tmp_path / word).exists():
                    (tmp_path / word).symlink_to(folder, target_is_directory=True)
            assert run(line, tmp_path, monkeypatch) == (tmp_path / "window.png").read_bytes(), line


def test_data_without_files_have_no_line(ct: Volume) -> None:
    for volume, why in (
        (Volume.from_array(np.zeros((4, 5, 6), np.int16), np.eye(4)), "never in files"),
        (ct.crop([[-50, -50, -20], [50, 50, 40]]), "changed in Python"),
    ):
        with Viewer(volume, "axial", SIZE, off_screen=True) as viewer, pytest.raises(RecipeError, match=why):
            view_line(viewer.placed, viewer.state, viewer.size, UNKNOWN_PLACE)


@pytest.mark.parametrize(("key", "begins"), [("Y", "viewer3d shot "), ("ctrl+y", "import viewer3d\nvolume = ")])
def test_a_key_copies_it(key: str, begins: str, ct: Volume, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setitem(
        sys.modules, "pyperclip", SimpleNamespace(copy=copied.append, set_clipboard=str, PyperclipException=OSError)
    )
    with Viewer(ct, "axial", (200, 150), screen=MemoryScreen((200, 150))) as viewer:
        viewer.interactor.key(key)
        assert copied[-1].startswith(begins)
        assert "instead of PATH" in viewer.note
        viewer.files = OpenedFiles(DataPlace((str(folder),)))
        viewer.interactor.key(key)
        assert str(folder) in shlex.split(copied[-1]) or repr(str(folder)) in copied[-1]
        assert "instead" not in viewer.note
