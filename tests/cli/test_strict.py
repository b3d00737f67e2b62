"""``--strict``: what a note marks is refused by every verb that reads, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

import viewer3d
from tests.cli.conftest import SMALL, rewrite, run
from tests.phantom_files import write_phantom
from viewer3d.errors import MarkedError
from viewer3d.phantom import Faults


@pytest.fixture(scope="module")
def tilted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tilted") / "ct"
    write_phantom(folder, **SMALL, faults=Faults(tilt=12.0))
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain") / "ct"
    write_phantom(folder, **SMALL, faults=Faults(duplicated=(3,)))
    return folder


def test_load_names_each_note_and_the_remedy(tilted: Path) -> None:
    with pytest.raises(MarkedError) as told:
        viewer3d.load(tilted, strict=True)
    first, note, remedy = str(told.value).splitlines()
    assert first.endswith("strict refuses a change of where things are or what they mean:")
    assert note.startswith("  slices.tilted: The gantry was tilted: slices step 12.00 degrees off")
    assert remedy == "mend the data, or leave strict out (--strict)"
    with pytest.raises(MarkedError, match=r"slices\.tilted"):
        viewer3d.load_all(tilted, strict=True)


def test_what_is_not_marked_is_loaded(plain: Path) -> None:
    volume = viewer3d.load(plain, strict=True)
    assert [one.id for one in volume.notes if one.is_marked] == []
    assert "images.duplicates" in [one.id for one in volume.notes], "there are notes, and they are no reason"
    assert viewer3d.load(plain).digest == volume.digest


def test_files_that_are_not_dicom_are_refused_too(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.zeros((4, 5, 6), np.int16), None)
    image.header.set_sform(None, 0)
    image.header.set_qform(None, 0)
    nibabel.save(image, tmp_path / "a.nii")
    with pytest.raises(MarkedError, match=r"file\.no_place: The file does not say where it lies"):
        viewer3d.load(tmp_path / "a.nii", strict=True)


@pytest.mark.parametrize(
    ("words", "target"),
    [(("shot",), "a.png"), (("figure", "plane"), "a.png"), (("movie",), "a.webp"), (("convert",), "a.nii.gz")],
    ids=["shot", "figure", "movie", "convert"],
)
def test_each_verb_refuses_and_writes_nothing(
    words: tuple[str, ...], target: str, tilted: Path, tmp_path: Path
) -> None:
    done = run(*words, tilted, "-o", tmp_path / target, "--strict")
    assert done.exit_code == 2, done.output
    assert "\n  slices.tilted: " in done.stderr
    assert not (tmp_path / target).exists()


def test_info_says_all_and_ends_with_an_error(tilted: Path, plain: Path) -> None:
    done = run("info", tilted, "--strict")
    assert done.exit_code == 2
    assert "The gantry was tilted" in done.stdout
    assert "\n  slices.tilted: " in done.stderr
    assert run("info", plain, "--strict").exit_code == 0
    (volume,) = json.loads(run("info", tilted, "--json").stdout)["volumes"]
    assert [one["text"] for one in volume["notes_data"]] == volume["notes"]
    first = volume["notes_data"][0]
    assert (first["id"], first["severity"], first["is_marked"], first["frames"]) == (
        "slices.tilted",
        "serious",
        True,
        12,
    )
    assert first["moved_mm"] == pytest.approx(66 * np.sin(np.radians(12)), rel=0.01), "eleven steps of 6 mm"


def test_overlays_that_are_trusted_are_refused(ct: Path, other: Path, tmp_path: Path) -> None:
    words = ("shot", ct, "--overlay", other, "-o", tmp_path / "a.png")
    assert run(*words, "--strict").exit_code == 0
    rewrite(other, FrameOfReferenceUID="1.2.9")
    trusted = (*words, "--look", "same_frame=yes")
    assert run(*trusted).exit_code == 0
    done = run(*trusted, "--strict")
    assert done.exit_code == 2
    assert "\n  placing.same_frame: " in done.stderr


def test_in_an_archive_it_is_bad_with_the_reason(tilted: Path, plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("batch", tilted, plain, "-o", out, "--make", "info", "--strict", "--workers", "0")
    assert done.exit_code == 1, done.output
    table = (out / "table.csv").read_text()
    assert "strict refuses a change of where things are or what they mean: slices.tilted: The gantry was" in table
    assert table.count(",done,") == table.count(",bad,") == 1
    again = run("batch", tilted, plain, "-o", out, "--make", "info", "--workers", "0")
    assert again.exit_code == 2
    assert "strict was True, now None" in again.stderr
