"""The program: what it prints, how it fails, and that it says nothing else."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from pydicom import dcmread

from tests.phantom_files import write_phantom
from viewer3d import load
from viewer3d.app.show import read_state
from viewer3d.cli import main
from viewer3d.cli.program import VERBS
from viewer3d.core.digest import digest_of_text
from viewer3d.core.view.state import Slab
from viewer3d.phantom import Faults
from viewer3d.phantom.body import FRAME_OF_REFERENCE
from viewer3d.render.gl import find_opengl

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_phantom(tmp_path / "ct", **SMALL)
    return tmp_path / "ct"


@pytest.fixture
def two(tmp_path: Path) -> Path:
    write_phantom(tmp_path / "two", faults=Faults(second_series=True, text_file=True), **SMALL)
    return tmp_path / "two"


def test_list_shows_series_and_what_was_left_out(two: Path) -> None:
    result = run("list", two)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].split() == ["SERIES", "STACK", "MODALITY", "SIZE", "SPACING", "mm", "WHAT"]
    assert lines[1].startswith("2       -      CT        34 x 30 x 12  9 x 8 x 6")
    assert lines[2].startswith("3       -      CT        34 x 30 x 6   9 x 8 x 12")
    assert lines[3] == "left out: 1 not DICOM"


@pytest.mark.parametrize("words", [("list",), ("shot", "-o", "a.png"), ("serve", "--no-browser")])
def test_a_folder_that_may_not_be_read_is_told_by_what_reads_it(
    words: tuple[str, ...], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.access", lambda *_: False)  # root may read all
    monkeypatch.setattr("os.scandir", refuse)
    result = run(words[0], folder, *words[1:])
    assert result.exit_code == 2
    assert "Usage" not in result.output
    assert "a folder that cannot be listed (Permission denied); give a file or a folder that can" in result.output


def test_list_json(two: Path) -> None:
    listed = json.loads(run("list", two, "--json").output)
    assert [series["number"] for series in listed["series"]] == [2, 3]
    assert listed["series"][0]["stacks"][0]["spacing"] == pytest.approx([9, 8, 6])
    assert listed["refused"] == {"not DICOM": 1}


def test_info_says_every_decision(folder: Path) -> None:
    output = " ".join(run("info", folder).output.split())
    for words in (
        "order",
        "towards H",
        "pixel spacing 9 x 8 mm",
        "slice spacing 6 mm",
        f"frame of reference SHA-256 {digest_of_text(FRAME_OF_REFERENCE)}",
        "residual",
        "thickness",
        "HU",
    ):
        assert words in output
    assert FRAME_OF_REFERENCE not in output
    told = json.loads(run("info", folder, "--json").output)
    assert told["volumes"][0]["decisions"]["unit"]["value"] == "HU"
    assert told["volumes"][0]["affine"][2][2] == pytest.approx(6)


def test_info_of_one_series(two: Path) -> None:
    output = run("info", two, "--series", 3).output
    assert "series 3" in output
    assert "series 2" not in output


@pytest.mark.parametrize("view", ["axial", "mpr"])
def test_shot_writes_the_picture(view: str, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    result = run("shot", folder, "-o", out, "--view", view, "--window", "bone", "--size", "300x200", "--at", "0,0,5")
    assert (result.exit_code, result.output) == (0, "")
    with Image.open(out) as picture:
        pixels = np.asarray(picture)
    assert pixels.shape == (200, 300, 3)
    assert pixels.max() > 100


def test_shot_takes_slicers_names_and_hides_the_couch(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    words = ("--view", "mpr", "--size", "90x60", "--rendering", "CT-Coronary-Arteries", "--hide-couch")
    result = run("shot", folder, "-o", out, *words)
    assert (result.exit_code, result.output) == (0, "")
    state = read_state(out)
    assert (state.look.rendering, state.look.couch_hidden) == ("ct-vessels", True)


COUCH = {"shape": (60, 50, 40), "spacing": (6.8, 5.8, 18.0)}


@pytest.mark.parametrize(
    ("words", "hidden"), [((), True), (("--hide-couch",), True), (("--show-couch",), False)], ids=["", "hide", "show"]
)
def test_what_goes_with_the_couch_is_told(words: tuple[str, ...], hidden: bool, tmp_path: Path) -> None:
    if not (opengl := find_opengl()).works:
        pytest.skip(opengl.why_not)
    write_phantom(tmp_path / "ct", **COUCH)
    calls = [
        ("shot", "a.png", "--view", "3d"), ("figure", "a.png", "directions", "--sides", "A"),
        ("movie", "a.webp", "--frames", "2"),
    ]  # fmt: skip
    for verb, name, *more in calls:
        figure, options = (more[:1], more[1:]) if verb == "figure" else ([], more)
        result = run(verb, *figure, tmp_path / "ct", "-o", tmp_path / name, "--size", "64x64", *options, *words)
        assert result.exit_code == 0, result.output
        told = [line for line in result.stderr.splitlines() if "couch" in line]
        assert len(told) == hidden
        assert all(line.startswith("note: 3D leaves out what lies and looks like a couch or holder: ") for line in told)
    quiet = run("shot", tmp_path / "ct", "-o", tmp_path / "b.png", "--view", "axial", "--size", "64x64", *words)
    assert "couch" not in quiet.stderr


def test_shot_of_a_tilted_series_says_so_on_stderr(tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", faults=Faults(tilt=10), **SMALL)
    result = run("shot", tmp_path / "ct", "-o", tmp_path / "out.png", "--view", "axial")
    assert result.stdout == ""
    assert result.stderr.startswith("note: The gantry was tilted")


def test_shot_takes_the_loaders_choices(tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", faults=Faults(tilt=10, truncated=(4,)), **SMALL)
    words = ["shot", tmp_path / "ct", "-o", tmp_path / "out.png", "--view", "axial", "--size", "100x100"]
    assert "truncated" in run(*words).stderr
    assert "--skip-bad" in run(*words).stderr
    refused = run(*words, "--skip-bad", "--irregular", "error")
    assert refused.exit_code == 2
    assert "tilted by 10.00 degrees" in refused.stderr
    kept = run(*words, "--skip-bad", "--irregular", "keep")
    assert kept.exit_code == 0
    assert "Slices were kept" in kept.stderr


FAILURES: list[tuple[list[str], str]] = [
    (["list", "{none}"], "no such file or folder; give"),
    (["shot", "{none}", "-o", "{out}"], "no such file or folder; give"),
    (["shot", "{two}", "-o", "{out}"], "holds 2 volumes; choose one"),
    (["shot", "{two}", "-o", "{out}", "--series", "9"], "no series '9'"),
    (["shot", "{ct}", "-o", "{out}", "--window", "bones"], "no window is named 'bones': give center/width"),
    (["shot", "{ct}", "-o", "{out}", "--window", "40/0"], "width"),
    (["shot", "{ct}", "-o", "{out}", "--size", "big"], "expected WIDTHxHEIGHT"),
    (["shot", "{ct}", "-o", "{out}", "--size", "1x1"], "size"),
    (["shot", "{ct}", "-o", "{out}", "--at", "1,2"], "expected x,y,z in LPS mm"),
    (["shot", "{ct}", "-o", "{out}", "--at", "1,2,9999"], "outside"),
    (["shot", "{ct}", "-o", "{out}", "--rendering", "x"], "no transfer function is named 'x'"),
    (["shot", "{ct}", "-o", "{none}/out.png"], "none"),
    (["shot", "{ct}", "-o", "{out}.xyz"], ".xyz"),
    (["shot", "{ct}", "-o", "{out}", "--which", "echo"], "expected NAME=VALUE"),
    (["shot", "{ct}", "-o", "{out}", "--which", "echo=2"], "told apart by 'echo' here, but by nothing"),
    (["shot", "{ct}", "-o", "{out}", "--which", "echo=2", "--which", "echo=3"], "echo was given twice, as 2 and 3"),
    (["shot", "{none}", "-o", "{out}", "--colors", "x"], "no colour map is named 'x'"),
    (["shot", "{none}", "-o", "{out}", "--slab", "thick"], "slab 'thick': expected mm"),
    (["shot", "{none}", "-o", "{out}", "--slab", "5,median"], "'median': give 0 to 10000 mm and one of"),
    (["figure", "mips", "{ct}", "-o", "{out}", "--slab", "5"], "mips has no slices that slab could change"),
    (["figure", "mpr", "{none}", "-o", "{out}", "--slab", "thick"], "slab 'thick': expected mm"),
    (["shot", "{ct}", "-o", "{out}", "--spacing", "1,1"], "expected X,Y,Z in mm"),
    (["shot", "{ct}", "-o", "{out}", "--spacing", "1,1,1"], "leave spacing out"),
    (["shot", "{ct}", "-o", "{out}", "--unit", "SUVbw"], "cannot be had in SUVbw"),
    (["shot", "{text}", "-o", "{out}"], "no DICOM here"),
    (["shot", "{ct}"], "--output"),
    (["shot", "{ct}", "-o", "{out}", "--view", "octo"], "octo"),
    (["figure", "pie", "{ct}", "-o", "{out}"], "no figure is named 'pie': give one of plane, mpr"),
    (["figure", "mpr", "{ct}", "-o", "{out}.gif"], "no picture format has the suffix '.gif'"),
    (["figure", "mpr", "{ct}", "{ct}", "-o", "{out}"], "mpr takes 1 volume, 2 given"),
    (["figure", "compare", "{ct}", "-o", "{out}"], "compare takes 2 volumes, 1 given"),
    (["figure", "mpr", "{ct}", "-o", "{out}", "-n", "3"], "mpr has no option 'n'"),
    (["figure", "mpr", "{ct}", "-o", "{out}", "--at", "0,0,9999"], "outside of the volume"),
    (["figure", "mpr", "{none}", "-o", "{out}", "--at", "there"], "expected x,y,z"),
    (["figure", "mpr", "{none}", "-o", "{out}", "--window", "bones"], "no window is named"),
    (["figure", "mpr", "{none}", "-o", "{out}", "--dpi", "1"], "dpi 1.0: give a number"),
    (["figure", "mpr", "{none}", "-o", "{out}", "--size", "big"], "expected WIDTHxHEIGHT"),
    (["figure", "mpr", "{ct}", "-o", "{out}.jpg", "--background", "transparent"], "JPEG cannot be transparent"),
    (["figure", "lightbox", "{ct}", "-o", "{out}", "--positions", "a,b"], "expected mm, as in --positions"),
    (["figure", "lightbox", "{ct}", "-o", "{out}", "-n", "99"], "n 99: give how many axial slices"),
    (["figure", "windows", "{ct}", "-o", "{out}", "--windows", "bone,x"], "no window is named 'x'"),
    (["movie", "{none}", "-o", "{out}.avi"], "no movie format has the suffix '.avi': give one of .webp"),
    (["movie", "{none}", "-o", "{out}", "--plane", "axial"], "turntable has no option 'plane'"),
    (["movie", "{none}", "-o", "{out}", "--kind", "sweep"], "sweep cannot do without windows"),
    (["movie", "{none}", "-o", "{out}", "--size", "big"], "expected WIDTHxHEIGHT"),
    (["movie", "{ct}", "-o", "{out}", "--frames", "1"], "movie of 1 frames: give a whole number"),
    (["movie", "{ct}", "-o", "{out}", "--kind", "cine", "--frames", "5"], "give an even number, as 6"),
    (["movie", "{ct}", "-o", "{out}", "--rate", "99"], "rate of 99 frames a second: give one from 0.5 to 50"),
    (["movie", "{ct}", "-o", "{out}", "--kind", "times"], "times of one volume: give two or more"),
]


@pytest.mark.parametrize(
    ("words", "says"), FAILURES, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_users_error_is_one_clear_line(words: list[str], says: str, two: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("text")
    places = {
        "none": tmp_path / "none",
        "out": tmp_path / "out.png",
        "two": two,
        "ct": folder,
        "text": tmp_path / "text",
    }
    before = sorted(tmp_path.rglob("*"))
    result = run(*(word.format(**places) for word in words))
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    if "holds 2 volumes" not in says and "Usage" not in result.stderr:
        assert len(result.stderr.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


FIGURES: list[list[str]] = [
    ["plane", "--plane", "sagittal", "--at", "auto", "--colors", "hot-iron"],
    ["mpr", "--layout", "column", "--no-crosshair", "--at", "max", "--background", "white", "--value-bar"],
    ["lightbox", "-n", "4", "--no-scout", "--panel-letters", "--width", "80", "--dpi", "100", "--text", "8"],
    ["lightbox", "--positions", "0,5.5,-3", "--scale", "cm", "--size", "400x300"],
    ["windows", "--windows", "bone,-600/1500"],
    ["mips"],
    ["histogram", "--background", "transparent"],
]


MOVIES: list[tuple[list[str], int]] = [
    (["--kind", "cine", "--view", "mpr", "--window", "bone"], 22),
    (["--kind", "sweep", "--windows", "lung,40/400", "--frames", "4", "--at", "max"], 4),
]


@pytest.mark.parametrize(("words", "frames"), MOVIES, ids=lambda value: " ".join(map(str, np.atleast_1d(value))))
def test_movies_are_written_and_replayed(words: list[str], frames: int, folder: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "out.gif", tmp_path / "again.gif"
    result = run("movie", folder, "-o", out, "--size", "120x80", *words)
    assert (result.exit_code, result.output) == (0, "")
    with Image.open(out) as picture:
        assert (picture.n_frames, picture.size) == (frames, (120, 80))
    assert run("replay", out, folder, "-o", again).output == "identical: to the byte\n"
    assert again.read_bytes() == out.read_bytes()
    assert "no picture format" in run("replay", out, folder, "-o", tmp_path / "again.pdf").stderr


def test_a_turntable_is_written(folder: Path, tmp_path: Path) -> None:
    if not (opengl := find_opengl()).works:
        pytest.skip(opengl.why_not)
    words = ["--size", "64x64", "--frames", "3", "--rendering", "skin", "--hide-couch"]
    assert run("movie", folder, "-o", tmp_path / "out.webp", *words).exit_code == 0


def test_a_movie_of_the_times_of_a_real_series(real: Callable[[str], Path], tmp_path: Path) -> None:
    out = tmp_path / "out.webp"
    result = run("movie", real("mr_4d_ge"), "-o", out, "--kind", "times", "--size", "64x64")
    assert result.exit_code == 0, result.output
    with Image.open(out) as picture:
        picture.load()
        assert (picture.n_frames, picture.info["duration"]) == (2, 200)


def test_a_full_disk_in_the_middle_of_a_movie_is_one_line(folder: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="no limit of a file's size on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        result = run("movie", folder, "-o", tmp_path / "out.webp", "--kind", "cine", "--size", "200x200")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert result.exit_code == 2
    assert "make room there" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ct"]


@pytest.mark.parametrize("words", FIGURES, ids=" ".join)
def test_figures_are_written_and_replayed(words: list[str], folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    result = run("figure", words[0], folder, "-o", out, *words[1:])
    assert (result.exit_code, result.output) == (0, "")
    assert out.read_bytes().startswith(b"%PDF")
    again = run("replay", out, folder)
    assert (again.exit_code, again.output) == (0, "identical: to the byte\n")


def test_two_volumes_are_compared(two: Path, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    words = ["--planes", "axial,coronal", "--names", "CT,thin", "--difference", "--size", "300x200"]
    result = run("figure", "compare", two, "-o", out, "--series", 2, "--second-series", 3, *words)
    assert (result.exit_code, result.output) == (0, "")
    assert run("replay", out, two).output == "identical: to the byte\n"
    assert run("figure", "compare", folder, folder, "-o", out, *words).exit_code == 0


def test_a_figure_begins_with_a_state_that_was_saved(folder: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "out.png", tmp_path / "again.svg"
    run("figure", "plane", folder, "-o", out, "--window", "bone", "--size", "200x200")
    assert run("figure", "mpr", folder, "-o", again, "--state", out, "--size", "300x100").exit_code == 0
    made = json.loads(run("recipe", again, "--json").output)
    assert made["arguments"]["state"]["window"]["width"] == 1800


def test_demo_makes_files_and_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("demo", "--view", "mpr", "--size", "300x150", "--dicom", tmp_path / "body")
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "viewer3d-demo.png") as picture:
        assert picture.size == (300, 150)
    assert len(list((tmp_path / "body").iterdir())) > 50
    assert "picture: viewer3d-demo.png" in result.output


def test_doctor_says_what_works() -> None:
    checks = {check["topic"]: check for check in json.loads(run("doctor", "--json").output)}
    assert checks["vtk"]["works"]
    assert checks["RLE"]["works"]
    assert "OpenGL" in checks
    assert "numpy" in run("doctor").output


def test_a_pipe_that_is_not_unicode_has_codes_of_letters(tmp_path: Path) -> None:
    folder = tmp_path / "ct"
    for path in write_phantom(folder, shape=(16, 12, 4), spacing=(9.0, 8.0, 6.0)):
        dataset = dcmread(path)
        dataset.SeriesDescription = "Schädel 頭部"
        dataset.save_as(path)
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(
        [sys.executable, "-m", "viewer3d", "list", folder], capture_output=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert r"Schädel \u982d\u90e8".encode("cp1252") in done.stdout


def test_single_images_are_named(real: Callable[[str], Path], tmp_path: Path) -> None:
    result = run("shot", real("ct_surview_mixed"), "-o", tmp_path / "out.png")
    assert result.exit_code == 2
    assert "3 of series 401 CT Exam Summary: a single image" in result.stderr
    assert "3 colour (RGB)" in result.stderr


def test_the_program_is_silent_in_a_process_of_its_own(folder: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "viewer3d", "shot", folder, "-o", tmp_path / "a.png", "--size", "300x200"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_show_without_a_display_says_so_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    if sys.platform != "linux":
        pytest.skip("only X11 can be without a display")
    result = run("show", tmp_path)
    assert result.exit_code == 2
    assert "no display" in result.output
    assert "viewer3d shot" in result.output
    assert len(result.output.splitlines()) == 1


def test_show_takes_one_thing_to_begin_with(tmp_path: Path) -> None:
    for words in (("--resume", "--forget"), ("--resume", "--state", "{}")):
        result = run("show", tmp_path, *words)
        assert result.exit_code == 2
        assert len(result.output.splitlines()) == 1
    assert "give one of them" in run("show", tmp_path, "--resume", "--forget").output


def test_all_that_is_kept_is_forgotten(kept_folder: Path) -> None:
    assert run("forget").output == "nothing was kept of any series\n"
    kept_folder.mkdir(parents=True)
    for name in ("a" * 64, "b" * 64):
        (kept_folder / f"{name}.json").write_text("{}")
    (kept_folder / "mine.txt").write_text("stays")
    assert run("forget").output == "forgot what was kept of 2 series\n"
    assert [one.name for one in kept_folder.iterdir()] == ["mine.txt"]


def test_folders_that_were_opened_are_forgotten(kept_folder: Path) -> None:
    kept_folder.mkdir(parents=True)
    (kept_folder.parent / "recent.json").write_text('["/data"]')
    assert run("forget").output == "nothing was kept of any series\nforgot the folders that were opened\n"
    assert not (kept_folder.parent / "recent.json").exists()


def test_show_without_a_path_is_an_empty_window_which_nothing_can_be_laid_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []

    class Window:
        error = viewer = None

        def __init__(self, source: object, *_: object, **__: object) -> None:
            opened.append(source)

        def put_requested(self, *_: object) -> None: ...

        def show(self) -> None: ...

    monkeypatch.setattr("viewer3d.app.browser.Browser", Window)
    monkeypatch.setattr("viewer3d.cli.draw._check_display", lambda: None)
    done = run("show")
    assert (done.exit_code, done.output, opened) == (0, "", [None])
    for words in (("--state", "{}"), ("--overlay", tmp_path), ("--beside", tmp_path)):
        assert run("show", *words).exit_code == 2
    assert "of the series at PATH: give it" in run("show", "--beside", tmp_path).output
    assert len(opened) == 1


def test_show_of_what_is_not_there_says_so_with_a_display_or_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for display in (None, ":4711"):
        if display is None:
            monkeypatch.delenv("DISPLAY", raising=False)
        else:
            monkeypatch.setenv("DISPLAY", display)
        for places in ((tmp_path / "nothing",), (tmp_path, tmp_path / "nothing")):
            result = run("show", *places)
            assert (result.exit_code, result.stdout) == (2, "")
            assert result.stderr == (
                f"viewer3d: {tmp_path / 'nothing'}: no such file or folder; "
                "give a folder of DICOM files, one file, a DICOMDIR or a zip\n"
            )


def test_without_memory_a_line_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("viewer3d.dicom.series.scan.scan", full)
    for words in (("list", folder), ("info", folder), ("shot", folder, "-o", folder / "a.png")):
        result = run(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == (
            "viewer3d: there is not enough memory for this; close other programs, or load fewer slices\n"
        )


def test_show_refuses_a_state_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    result = run("show", tmp_path, "--state", tmp_path / "state.json")
    assert result.exit_code == 2
    assert "view state" in result.output


def test_help_shows_its_examples_as_they_are_written() -> None:
    lines = [line.strip() for line in run("--help").output.splitlines()]
    assert "viewer3d list PATH                    the series in a folder" in lines
    assert "viewer3d figure mpr PATH -o fig.pdf   a figure for paper" in lines
    assert not any(line.endswith("...") for line in lines[1:])  # nothing of the commands is cut off
    assert max(map(len, run("--help").output.splitlines())) <= 80


def test_a_verb_is_imported_when_it_is_called_and_no_other() -> None:
    code = """
import sys
from click.testing import CliRunner
from viewer3d.cli import main
from viewer3d.cli.program import VERBS
for words in (["--help"], ["convert", "--help"]):
    assert CliRunner().invoke(main, words).exit_code == 0
    print(*sorted({module for module, _ in VERBS.values()} & set(sys.modules)))
    assert words[0] == "convert" or "numpy" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "viewer3d.cli.files.convert"]


NOT_FOR_SLICES: Final = (
    "viewer3d.dicom.series.catalog",
    "viewer3d.dicom.images.find_images",
    "viewer3d.dicom.objects.segmentation",
    "viewer3d.dicom.objects.structures",
    "viewer3d.measurements.values",
    "vtkmodules.vtkCommonCore",
)


def test_slices_of_a_volume_alone_import_nothing_of_images_regions_and_measurements(
    folder: Path, tmp_path: Path
) -> None:
    words = ["shot", str(folder), "-o", str(tmp_path / "a.png"), "--view", "mpr", "--size", "300x200"]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "viewer3d", *words], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "viewer3d.render.scene" in imported
    assert not imported.intersection(NOT_FOR_SLICES)


def test_every_verb_is_where_the_program_says() -> None:
    for name in VERBS:
        context = click.Context(main)
        found, command, rest = main.resolve_command(context, [name, "PATH"])
        assert (found, rest) == (name, ["PATH"])
        assert command is not None
        assert command.name == name
        assert command.callback is not None
        assert command.help


def test_list_and_info_show_the_grid_that_load_gives(tmp_path: Path) -> None:
    # Slices 5 and 6 of 12 are missing, and the gantry was tilted.
    for name, faults in {"gap": Faults(missing=(5, 6)), "tilt": Faults(tilt=10), "even": Faults()}.items():
        write_phantom(tmp_path / name, faults=faults, **SMALL)
        volume = load(tmp_path / name)
        listed = json.loads(run("list", tmp_path / name, "--json").output)["series"][0]["stacks"][0]
        told = json.loads(run("info", tmp_path / name, "--json").output)["volumes"][0]
        for one in (listed, told):
            assert one["shape"] == list(volume.shape)
            assert one["spacing"] == pytest.approx(volume.spacing)
            assert np.allclose(one["affine"], volume.affine, atol=1e-9)
            assert one["extent_mm"] == pytest.approx(np.multiply(volume.shape, volume.spacing))
            assert one["resampled"] is (name != "even")
        decision = told["decisions"]["loaded as"]["value"]
        assert decision.startswith(" x ".join(str(n) for n in volume.shape) + " voxels of")
        row = run("list", tmp_path / name).output.splitlines()[1]
        assert " x ".join(str(n) for n in volume.shape) in row
        mark = {"gap": "resampled from 10 uneven slices", "tilt": "resampled from 12 tilted slices", "even": ""}[name]
        assert mark in row
        assert ("resampled" in row) is bool(mark)


def test_a_series_that_no_even_grid_holds_is_listed_with_the_reason(tmp_path: Path) -> None:
    files = write_phantom(tmp_path / "ct", **SMALL)
    dataset = dcmread(files[0])
    dataset.ImagePositionPatient = [*dataset.ImagePositionPatient[:2], dataset.ImagePositionPatient[2] + 5.95]
    dataset.save_as(files[0])
    listed = json.loads(run("list", tmp_path / "ct", "--json").output)["series"][0]["stacks"][0]
    assert listed["shape"] == [34, 30, 12]
    assert "an even grid would need" in listed["problem"]
    assert "an even grid would need" in run("list", tmp_path / "ct").output
    assert 'irregular="keep"' in run("info", tmp_path / "ct").output


def test_shot_and_figure_take_inversion_colours_and_slab(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    words = ("--size", "90x60", "--invert", "--colors", "hot-iron", "--slab", "20,MinIP", "--interpolation", "nearest")
    for verb in (("shot", folder, "--view", "mpr"), ("figure", "mpr", folder)):
        result = run(*verb, "-o", out, *words)
        assert (result.exit_code, result.output) == (0, "")
        state = read_state(out)
        assert (state.look.inverted, state.look.colors, state.slab) == (True, "hot-iron", Slab(20, "minimum"))
        assert state.interpolation == "nearest"
        assert run("replay", out, folder).output == "identical: to the byte\n"
    assert read_state(out).slab.thickness == 20


def test_a_second_volume_is_chosen_like_the_first(two: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    size = ("--size", "300x200")
    assert run("figure", "compare", two, "-o", out, "--series", 2, "--second-series", 3, *size).exit_code == 0
    missed = run("figure", "compare", two, "-o", out, "--series", 2, "--second-series", 9, *size)
    assert missed.exit_code == 2
    assert missed.stderr.startswith("viewer3d: second volume: ")
    between = run("figure", "compare", two, two, "-o", out, "--series", 2, *size)
    assert "--second-series 3" in between.stderr


def test_two_times_of_one_series_are_compared_and_named(real: Callable[[str], Path], tmp_path: Path) -> None:
    out = tmp_path / "out.svg"
    words = ("--which", "time=0", "--second-which", "time=1", "--size", "400x300")
    result = run("figure", "compare", real("mr_4d_ge"), "-o", out, *words)
    assert result.exit_code == 0, result.output
    assert ">Time 0<" in out.read_text()
    assert ">Time 1<" in out.read_text()
