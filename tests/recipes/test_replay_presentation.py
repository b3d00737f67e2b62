"""A picture made by a presentation state is made again where its object is found, and asks for it where it is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import viewer3d
from tests.dicom.objects.presentation_files import SLICES, annotation, ct, graphic, overlay, state, write
from viewer3d.cli import main
from viewer3d.core.progress import Progress
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.catalog import CatalogRequest, build_catalog
from viewer3d.errors import ChoiceError, RecipeError
from viewer3d.recipes.compare import read_pictures
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.replay import replay

IMAGES = [ct(number) for number in range(SLICES)]
SIZE = (320, 300)


def quiet(*_: Any) -> None:
    """Show no progress."""


QUIET: Progress = quiet


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = state(IMAGES, [annotation(graphic("CIRCLE", [[40, 30], [50, 30]]))])
    return write(tmp_path / "ct", [*IMAGES, made])


def test_its_object_is_found_by_its_digest(folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "fig.png"
    volume = viewer3d.load(folder, presentation="KEY")
    with_graphics = viewer3d.screenshot(volume, picture, "axial", size=SIZE)
    record = read_recipe(picture).volumes[0].provenance
    assert record is not None
    assert record.presentation == volume.provenance.presentation != ""
    assert replay(picture, folder).verdict == "identical"
    apart = tmp_path / "apart"
    apart.mkdir()
    (found,) = folder.glob("PR*")
    shutil.move(found, apart)
    with pytest.raises(RecipeError, match="a presentation state, which is in none of the places"):
        replay(picture, folder)
    assert replay(picture, [folder, apart]).verdict == "identical"
    alone = viewer3d.screenshot(viewer3d.load(folder), None, "axial", size=SIZE, window=(60, 300))
    assert (with_graphics != alone).any()
    off = viewer3d.first_state(volume).with_view("axial").with_look(graphics=False)
    hidden = viewer3d.screenshot(volume, state=off, size=SIZE)
    rows, columns = np.nonzero((hidden != alone).any(-1))
    assert max(rows) < 30  # a sign counts what is not shown
    assert max(columns) < 60


def test_a_recipe_without_one_is_written_as_ever(folder: Path, tmp_path: Path) -> None:
    viewer3d.screenshot(viewer3d.load(folder), tmp_path / "fig.png", "axial", size=SIZE)
    plain = json.loads(read_recipe(tmp_path / "fig.png").to_json())
    assert set(plain["volumes"][0]["provenance"]) == {"series", "irregular", "skip_bad", "spacing"}


def test_the_shell_takes_it_for_pictures_and_figures(folder: Path, tmp_path: Path) -> None:
    plain, shown = tmp_path / "plain.png", tmp_path / "shown.png"
    size = ("--size", "320x300", "--view", "axial")
    assert run("shot", folder, "-o", plain, *size).exit_code == 0
    result = run("shot", folder, "-o", shown, *size, "--presentation", "key")
    assert (result.exit_code, "KEY is applied" in result.output) == (0, True)
    assert (read_pictures(plain)[0] != read_pictures(shown)[0]).any()
    assert run("replay", shown, folder).output.startswith("identical")
    assert "presentation state of this series is not applied (KEY)" in run("shot", folder, "-o", plain, *size).output
    figure = tmp_path / "figure.pdf"
    assert run("figure", "mpr", folder, "-o", figure, "--presentation", 7).exit_code == 0
    assert run("replay", figure, folder).output.startswith("identical")
    refused = run("shot", folder, "-o", shown, "--presentation", "other")
    assert refused.exit_code != 0
    assert "presentation='KEY' (--presentation 'KEY')" in refused.output


def test_lists_say_what_it_belongs_to(folder: Path) -> None:
    assert "KEY, FINDINGS, of series 2" in run("list", folder).output
    told = run("info", folder).output
    assert "images          of series 2" in told
    assert "called          KEY" in told
    assert "viewer3d.load(..., presentation='KEY')" in told
    assert "1 presentation state of this series is not applied (KEY)" in told
    (held,) = json.loads(run("list", folder, "--json").output)["objects"]
    assert (held["kind"], held["label"], held["lies_over"]) == ("presentation state", "KEY", ["1.2.2"])


def test_the_window_opens_by_it_what_it_refers_to(tmp_path: Path) -> None:
    others = [ct(number, series="1.2.5") for number in range(9)]
    for one in others:
        overlay(one, [[True]])
    folder = write(tmp_path, [*IMAGES, *others, state(IMAGES)])
    catalog = build_catalog(str(folder), CatalogRequest(series=2, how=ReadOptions(presentation="KEY")), QUIET)
    assert [one.description for one in catalog.entries] == ["", "KEY", ""]
    first, offered, second = (entry.load(QUIET)[0] for entry in catalog.entries)
    assert [one.windows[0].width for one in (first, offered, second)] == [300, 300, 400]
    plain = build_catalog(str(folder), CatalogRequest(series=5), QUIET)
    assert plain.first == 2
    assert [entry.load(QUIET)[0].windows[0].width for entry in plain.entries] == [400, 300, 400]
    own = build_catalog(str(folder), CatalogRequest(how=ReadOptions(presentation="own")), QUIET)
    assert [entry.load(QUIET)[0].graphics is not None for entry in own.entries[::2]] == [False, True]
    wrong = build_catalog(str(folder), CatalogRequest(series=5, how=ReadOptions(presentation="KEY")), QUIET)
    with pytest.raises(ChoiceError, match="refers to none of the images of series 5"):
        wrong.entries[wrong.first].load(QUIET)
