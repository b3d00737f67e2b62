from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from viewer3d import figures
from viewer3d.core.window import Window
from viewer3d.errors import OutputError, ViewError
from viewer3d.figures.by_name import FIGURES, make
from viewer3d.figures.figure import SUFFIXES
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.xmp import texts_in
from viewer3d.render.marks.display_list import Text

CALLS = [
    ("plane", {"plane": "sagittal", "at": "max", "size": (300, 300)}),
    ("mpr", {"at": np.array([1.0, 2.0, 350.0]), "window": Window(40, 300, "SIGMOID"), "width": 60, "dpi": 100}),
    ("quad", {"at": (1, 2, 350), "size": (400, 400)}),
    ("lightbox", {"n": 5, "plane": "coronal", "size": (600, 400), "background": "transparent"}),
    ("lightbox", {"positions": [350.0, 360.5], "size": (600, 400)}),
    ("windows", {"windows": ["bone", Window(0, 100)], "at": "auto", "size": (600, 300)}),
    ("compare", {"at": "index:3,4,5", "difference": True, "size": (600, 600)}),
    ("mips", {"size": (600, 300), "value_bar": True}),
    ("histogram", {"size": (600, 400), "background": "white"}),
]


def call(name, head, options):
    count = 2 if name == "compare" else 1
    return FIGURES[name](*[head] * count, **options)


@pytest.mark.parametrize(("name", "options"), CALLS)
def test_a_figure_is_made_again_from_its_arguments_as_json(name, options, head, no_opengl):
    figure = call(name, head, options)
    assert figure.name == name
    arguments = json.loads(json.dumps(figure.arguments))
    assert {key: arguments[key] for key in options if isinstance(options[key], str)} == {
        key: value for key, value in options.items() if isinstance(value, str)
    }
    again = make(figure.name, figure.volumes, arguments)
    np.testing.assert_array_equal(again.pixels, figure.pixels)
    assert again.arguments == figure.arguments


def test_a_state_among_the_arguments_comes_back(head):
    state = figures.mpr(head).state.with_look(colors="pet", inverted=True)
    figure = figures.mpr(head, state=state, size=(300, 120))
    again = make("mpr", [head], json.loads(json.dumps(figure.arguments)))
    np.testing.assert_array_equal(again.pixels, figure.pixels)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_pixels_are_written_with_their_dots_per_inch(suffix, head, tmp_path):
    figure = figures.mpr(head, size=(300, 120), dpi=200)
    path = figure.save(tmp_path / f"a{suffix}")
    with Image.open(path) as picture:
        assert picture.size == (300, 120)
        if suffix != ".webp":
            assert picture.info["dpi"] == pytest.approx((200, 200), abs=0.1)
        if suffix != ".jpg":
            np.testing.assert_array_equal(np.asarray(picture), figure.pixels)


@pytest.mark.parametrize("suffix", [".pdf", ".svg"])
def test_vectors_are_written(suffix, head, tmp_path):
    content = figures.mpr(head, size=(300, 120)).save(tmp_path / f"a{suffix}").read_bytes()
    assert content.startswith(b"%PDF" if suffix == ".pdf" else b"<?xml")
    assert "viewer3d" in texts_in(content)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_file_carries_its_recipe_and_the_state_that_shows_it(suffix, head, tmp_path):
    figure = figures.mpr(head, "max", "bone", size=(300, 120))
    recipe = read_recipe(figure.save(tmp_path / f"a{suffix}"))
    assert (recipe.figure, recipe.size, recipe.arguments) == ("mpr", (300, 120), figure.arguments)
    assert recipe.state == figure.state
    assert recipe.state.look.window == Window(400, 1800)
    assert recipe.renderer == "none"


def test_a_figure_in_3d_says_what_drew_it(head, opengl, tmp_path):
    figure = figures.quad(head, size=(200, 200))
    assert opengl.renderer in read_recipe(figure.save(tmp_path / "a.svg")).renderer


def test_it_names_the_patient_for_those_who_asked_and_once(head):
    def texts(figure):
        marks = (*figure.page.marks, *(mark for panel in figure.page.panels for mark in panel.marks))
        return [mark.text for mark in marks if isinstance(mark, Text)]

    named = head.with_info(identity=("Doe, Jane",))
    assert "Doe, Jane" not in texts(figures.mpr(head))
    for figure in (figures.mpr(named), figures.mips(named), figures.histogram(named), figures.compare(named, named)):
        assert texts(figure).count("Doe, Jane") == 1


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a.gif", "no picture format has the suffix '.gif': give one of"),
        ("a", "''"),
        ("no/a.pdf", "there is no folder"),
    ],
)
def test_a_file_that_cannot_be_is_one_clear_line_and_nothing_is_left(name, says, head, tmp_path):
    with pytest.raises(OutputError, match=says) as error:
        figures.mpr(head, size=(300, 120)).save(tmp_path / name)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_jpeg_cannot_be_transparent(head, tmp_path):
    with pytest.raises(OutputError, match="JPEG cannot be transparent"):
        figures.mpr(head, size=(300, 120), background="transparent").save(tmp_path / "a.jpg")
    assert not list(tmp_path.iterdir())


def test_a_notebook_shows_a_picture_no_wider_than_it(head):
    figure = figures.mpr(head)
    with Image.open(io.BytesIO(figure._repr_png_())) as picture:
        assert picture.width == 900
        assert abs(picture.height / picture.width - figure.page.size[1] / figure.page.size[0]) < 0.01
    data, about = figure._repr_mimebundle_()
    assert data == {"image/png": figure._repr_png_()}
    assert about == {"image/png": {"alt": figure.alt_text()}}
    assert repr(figure) == f"Figure(mpr, 2126 x {figure.page.size[1]} pixels, 300 dpi)"


@pytest.mark.parametrize(
    ("name", "count", "arguments", "says"),
    [
        ("pie", 1, {}, "no figure is named 'pie': give one of plane, mpr"),
        ("mpr", 2, {}, "mpr takes 1 volume, 2 given"),
        ("compare", 1, {}, "compare takes 2 volumes, 1 given"),
        ("mpr", 1, {"n": 3}, "mpr has no option 'n': give one of at, window, layout, crosshair, state, size"),
        ("mpr", 1, {"dpi": 1}, "dpi 1"),
    ],
)
def test_a_call_that_is_none(name, count, arguments, says, head):
    with pytest.raises(ViewError, match=says):
        make(name, [head] * count, arguments)


SCRIPT = """
import hashlib, io, sys
from vtkmodules.vtkCommonCore import vtkMultiThreader, vtkSMPTools
vtkMultiThreader.SetGlobalMaximumNumberOfThreads(int(sys.argv[1]))
vtkSMPTools.Initialize(int(sys.argv[1]))
from pathlib import Path
from viewer3d import figures, phantom
from viewer3d.figures.figure import SUFFIXES
figure = figures.lightbox(phantom.volume(shape=(60, 50, 40)), 6, window="bone", size=(700, 500), value_bar=True)
for suffix in SUFFIXES:
    path = figure.save(Path(sys.argv[2]) / f"{sys.argv[1]}{suffix}")
    print(suffix, hashlib.sha256(path.read_bytes()).hexdigest())
"""


@pytest.mark.slow
def test_two_processes_with_other_thread_counts_write_the_same_bytes(tmp_path: Path) -> None:
    runs = [
        subprocess.run([sys.executable, "-c", SCRIPT, threads, tmp_path], capture_output=True, text=True, check=True)
        for threads in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.splitlines()) == len(SUFFIXES)
    assert hashlib.sha256((tmp_path / "1.pdf").read_bytes()).hexdigest() in runs[1].stdout
