"""The line that makes a figure or a movie: run, it gives the same bytes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from viewer3d import Layer, ViewState, Window, figures, load, read_recipe
from viewer3d.cli import main
from viewer3d.cli.proof.lines import line_of_picture
from viewer3d.core.volume import Volume
from viewer3d.errors import RecipeError
from viewer3d.render.first_state import first_state


@pytest.fixture(scope="module")
def ct(folder: Path) -> Volume:
    return load(folder)


def run(line: str, folder: Path, where: Path, monkeypatch: pytest.MonkeyPatch, *places: str) -> None:
    monkeypatch.chdir(where)
    for place in ("PATH", *places):
        (where / place).symlink_to(folder, target_is_directory=True)
    if line.startswith("import"):
        exec(line, {})
    else:
        result = CliRunner().invoke(main, shlex.split(line)[1:])
        assert result.exit_code == 0, result.output


def view(ct: Volume) -> ViewState:
    return first_state(ct, "axial").with_cursor((1.5, 2.5, 30.0))


@pytest.mark.parametrize(
    ("name", "options", "in_shell"),
    [
        ("plane", {"plane": "coronal", "window": "lung", "at": "center", "inverted": True}, True),
        ("mpr", {"slab": "10,mean", "width": 60.0, "size": None, "dpi": 100.0, "crosshair": False}, True),
        ("mpr", {"dpi": 300}, False),  # which is written as it was given, a whole number
        ("lightbox", {"positions": [-10.5, 10.0], "value_bar": True, "panel_letters": True}, True),
        ("windows", {"windows": ["lung", "40/80"]}, True),
        ("windows", {"windows": ["lung", Window(40, 80.5, "SIGMOID")], "at": (1, 2.5, -3)}, False),
        ("plane", {"state": view}, True),
        ("cine", {"frames": 4}, True),
        ("sweep", {"windows": ["lung", "bone"], "frames": 4, "rate": 5.0}, True),
    ],
)
def test_lines_of_figures(
    name: str, options: dict[str, Any], in_shell: bool, ct: Volume, folder: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    options = {"size": (200, 120), **{name: one(ct) if callable(one) else one for name, one in options.items()}}
    path = getattr(figures, name)(ct, **options).save(tmp_path / "a.png")
    recipe = read_recipe(path)
    for language in ("shell", "python"):
        where = tmp_path / language
        where.mkdir()
        if language == "shell" and not in_shell:
            with pytest.raises(RecipeError, match="ask for the lines of Python"):
                line_of_picture(recipe, "shell")
            continue
        line = line_of_picture(recipe, language)  # type: ignore[arg-type]
        run(line, folder, where, monkeypatch)
        assert (where / "view.png").read_bytes() == path.read_bytes(), line


def test_lines_of_two_volumes_and_of_overlays(
    ct: Volume, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = figures.compare(ct, ct, planes=["axial"], size=(200, 120), difference=True).save(tmp_path / "two.png")
    over = figures.plane(ct, overlays=[Layer(load(folder), "it's", look={"opacity": 0.25})], size=(200, 120))
    over.save(tmp_path / "over.png")
    for path, place in ((two, "PATH2"), (tmp_path / "over.png", "OVERLAY1")):
        for language in ("shell", "python"):
            where = tmp_path / f"{place}-{language}"
            where.mkdir()
            line = line_of_picture(read_recipe(path), language)  # type: ignore[arg-type]
            run(line, folder, where, monkeypatch, place)
            assert (where / "view.png").read_bytes() == path.read_bytes(), line


def test_the_shell_prints_it(ct: Volume, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line of a shot has its view as JSON, for without data nothing says which options make it."""
    shot = CliRunner().invoke(
        main, ["shot", str(folder), "-o", str(tmp_path / "a.tif"), "--view", "axial", "--size", "99x77"]
    )
    assert shot.exit_code == 0, shot.output
    for words, begins in (([], "viewer3d shot PATH -o view.tif --state '{"), (["python"], "import viewer3d\n")):
        result = CliRunner().invoke(main, ["recipe", str(tmp_path / "a.tif"), "--line", *words])
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(begins)
        where = tmp_path / f"in{len(words)}"
        where.mkdir()
        run(result.stdout.strip(), folder, where, monkeypatch)
        assert (where / "view.tif").read_bytes() == (tmp_path / "a.tif").read_bytes()
