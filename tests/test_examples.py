"""Every example runs, without a screen and without a warning, and its pictures are made again to the byte."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from examples import gallery
from examples.gallery import EXAMPLES, Example
from viewer3d.cli import main
from viewer3d.recipes.replay import replay
from viewer3d.render.gl import find_opengl

EACH = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
SOON_RUN = ("windows_side_by_side", "fusion", "segmentation", "measurements", "archive", "in_matplotlib", "in_pyvista")
SOON_REPLAYED = ("windows_side_by_side",)
PICTURES = gallery.HERE / "pictures"


@pytest.fixture
def opengl(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (found := find_opengl()).works:
        pytest.skip(found.why_not)
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", found.window_class)
    monkeypatch.setenv("MPLBACKEND", "Agg")


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patient")
    gallery.scan(folder, (60, 50, 40))
    return folder


@pytest.fixture
def run(
    patient: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opengl: None
) -> Callable[[Example], list[Path]]:
    """Run an example; return its pictures."""

    def pictures(example: Example) -> list[Path]:
        script, out = gallery.HERE / f"{example.name}.py", tmp_path / f"{example.name}{example.suffix}"
        monkeypatch.setattr(sys, "argv", [str(script), str(patient / example.data), str(out), *example.options])
        runpy.run_path(str(script), run_name="__main__")
        return example.pictures(tmp_path)

    return pictures


def some(quick: tuple[str, ...]) -> pytest.MarkDecorator:
    """Parametrize by all examples; all but some are slow."""
    all_of_them = [pytest.param(one, marks=() if one.name in quick else pytest.mark.slow) for one in EXAMPLES]
    return pytest.mark.parametrize("example", all_of_them, ids=[one.name for one in EXAMPLES])


@some(SOON_RUN)
def test_example(example: Example, run: Callable[[Example], list[Path]]) -> None:
    pictures = run(example)
    assert pictures
    for path in pictures:
        with Image.open(path) as picture:
            assert max(high for _, high in picture.getextrema()) > 100  # type: ignore[misc]


@some(SOON_REPLAYED)
def test_its_pictures_are_made_again_to_the_byte(
    example: Example, run: Callable[[Example], list[Path]], patient: Path
) -> None:
    for path in filter(example.holds_recipe, run(example)):
        done = CliRunner().invoke(main, ["replay", str(path), str(patient)])
        assert (done.exit_code, done.stdout) == (0, "identical: to the byte\n")


def test_the_page_shows_every_script_and_every_picture() -> None:
    page = (gallery.HERE / "README.md").read_text(encoding="utf-8")
    scripts = {path.stem for path in gallery.HERE.glob("*.py")} - {"gallery"}
    assert {example.name for example in EXAMPLES} == scripts
    assert page.startswith(gallery.HEAD)
    for example in EXAMPLES:
        assert gallery.section(example, PICTURES, "").partition("\n\n```text")[0] in page
    shown = [path for example in EXAMPLES for path in example.pictures(PICTURES)]
    assert sorted(shown) == sorted(PICTURES.iterdir())
    assert sum(path.stat().st_size for path in shown) < 4_000_000


@pytest.mark.slow
@pytest.mark.usefixtures("opengl")
def test_the_pictures_of_the_page_are_made_again(tmp_path: Path) -> None:
    gallery.scan(tmp_path)
    for example in EXAMPLES:
        for path in filter(example.holds_recipe, example.pictures(PICTURES)):
            made = replay(path, tmp_path)
            assert made.is_same, (path.name, made)
            # Another OpenGL, or another encoder, is noted; without such a note there is no excuse.
            assert made.verdict == "identical" or made.notes, (path.name, made)


@pytest.mark.slow
@EACH
@pytest.mark.usefixtures("opengl")
def test_example_without_a_path(example: Example, tmp_path: Path) -> None:
    command = [sys.executable, gallery.HERE / f"{example.name}.py", *example.options]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob(f"{example.name}*"))
