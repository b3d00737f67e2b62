"""The verb page: what it writes and says, and its page made again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import pixels, rewrite, run
from tests.phantom_files import write_phantom
from viewer3d.web.page.remake_page import page_pictures

FEW = ("--view", "mpr", "--size", "64x64")
PATIENT = "Quellenthal^Maja"


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ct")
    write_phantom(folder, shape=(16, 14, 6), spacing=(18.0, 16.0, 12.0))
    rewrite(folder, PatientName=PATIENT, PatientID="4711-0815", SeriesDescription="Maja's belly")
    return folder


@pytest.fixture(scope="module")
def page(ct: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    result = run("page", ct, "-o", path, *FEW, "--window", "bone", "--window", "40/80")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == (
        f"{path}: {path.stat().st_size / 1e6:.1f} MB, 72 pictures, 2 windows, all slices, lossless"
    )
    return path


def test_nothing_in_it_names_the_patient(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for word in (*PATIENT.split("^"), "4711", "belly"):
        assert word not in text


def test_it_is_made_again_to_the_byte(page: Path, ct: Path, tmp_path: Path) -> None:
    result = run("replay", page, ct, "-o", tmp_path / "again.html")
    assert (result.exit_code, result.stdout) == (0, "identical: to the byte\n")
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_a_page_with_other_pictures_is_told(page: Path, ct: Path, tmp_path: Path) -> None:
    changed = tmp_path / "page.html"
    text = page.read_text(encoding="utf-8")
    head, mark, rest = text.partition('id="axial-0">')
    lines = rest.split("\n")
    lines[0], lines[3] = lines[3], lines[0]
    changed.write_text(head + mark + "\n".join(lines), encoding="utf-8")
    result = run("replay", changed, ct)
    assert result.exit_code == 1
    assert result.stdout.startswith("different: beyond a tolerance")
    changed.write_text(head + mark + "\n".join(lines[1:]), encoding="utf-8")
    assert "different: one page has 71 pictures, the other 72" in run("replay", changed, ct).stdout


def test_other_data_are_told(page: Path, ct: Path, tmp_path: Path) -> None:
    shutil.copytree(ct, tmp_path / "other")
    rewrite(tmp_path / "other", RescaleIntercept=-1000)
    result = run("replay", page, tmp_path / "other")
    assert (result.exit_code, result.stdout.partition(":")[0]) == (1, "other data")


def test_its_view_is_a_state(page: Path, ct: Path, tmp_path: Path) -> None:
    assert run("shot", ct, "-o", tmp_path / "a.png", "--state", page, "--size", "90x60").exit_code == 0
    assert run("shot", ct, "-o", tmp_path / "b.png", *FEW[:2], "--window", "bone", "--size", "90x60").exit_code == 0
    assert (pixels(tmp_path / "a.png") == pixels(tmp_path / "b.png")).all()
    again = run("page", ct, "-o", tmp_path / "c.html", "--state", page, "--size", "64x64")
    assert again.exit_code == 0, again.output


def test_its_words_and_its_line(page: Path, ct: Path) -> None:
    caption = run("recipe", page, "--caption").stdout
    assert caption.startswith("Axial, coronal and sagittal CT slices, bone window 400/1800 HU, brain window 40/80 HU; ")
    assert "viewer3d page --state PAGE" in run("recipe", page, "--line").output
    assert "a page holds many pictures" in run("why", page, "3,4", ct).output
    assert "figure" in run("recipe", page).stdout


@pytest.mark.slow
def test_to_a_pipe_go_its_bytes(page: Path, ct: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "viewer3d", "page", str(ct), "-o", "-", *FEW]
    made = subprocess.run([*words, "--window", "bone", "--window", "40/80"], capture_output=True, check=True)
    assert made.stdout == page.read_bytes()
    assert made.stderr.decode().splitlines()[-1].endswith("72 pictures, 2 windows, all slices, lossless")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "a.png"], "no page format has the suffix '.png': give one of .html, .htm"),
        (["-o", "a.html", "--window", "bonne"], "bonne"),
        (["-o", "a.html", "--megabytes", "0"], "0 megabytes: give 0.5 to 2000"),
        (["-o", "a.html", "--frames", "1"], "frames"),
        (["-o", "no/a.html"], "there is no folder"),
        (["-o", "a.html", "--state", "{}"], "--state"),
    ],
)
def test_what_cannot_be_is_told(
    ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("page", ct, *FEW[2:], *words)
    assert result.exit_code == 2
    assert said in result.output
    assert not list(tmp_path.iterdir())


def test_who_asks_for_it_has_the_patient_in_pictures_alone(page: Path, ct: Path, tmp_path: Path) -> None:
    named = tmp_path / "named.html"
    assert run("page", ct, "-o", named, *FEW, "--window", "bone", "--window", "40/80", "--identify").exit_code == 0
    assert "named in the picture" in run("recipe", named).stdout
    assert PATIENT.partition("^")[0] not in named.read_text(encoding="utf-8")
    assert page_pictures(named)["axial-0"] != page_pictures(page)["axial-0"]


def test_a_persons_own_name_for_a_window_is_in_no_page(ct: Path, tmp_path: Path, own_file: Callable[..., Path]) -> None:
    own_file('[[windows]]\nname = "mine-for-maja"\ncenter = 10\nwidth = 20\nunit = "HU"\n')
    result = run("page", ct, "-o", tmp_path / "a.html", *FEW, "--window", "mine-for-maja")
    assert result.exit_code == 0, result.output
    assert "maja" not in (tmp_path / "a.html").read_text(encoding="utf-8")
    own_file(None)
    assert run("replay", tmp_path / "a.html", ct).stdout == "identical: to the byte\n"
