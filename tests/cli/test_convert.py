"""The verb convert."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import run
from tests.dicom.made import image
from tests.phantom_files import write_phantom
from viewer3d import load, load_all, load_segmentation, phantom, save

nibabel = pytest.importorskip("nibabel")

SMALL = {"shape": (14, 12, 6), "spacing": (20.0, 22.0, 40.0)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_phantom(tmp_path / "ct", **SMALL)
    return tmp_path / "ct"


def test_a_series_becomes_a_file_and_its_names_are_printed(folder: Path, tmp_path: Path) -> None:
    done = run("convert", folder, "-o", tmp_path / "a.nii.gz")
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'a.nii.gz'}\n{tmp_path / 'a.json'}\n")
    volume = load(folder)
    assert np.array_equal(np.asanyarray(nibabel.load(tmp_path / "a.nii.gz").dataobj), volume.voxels)
    done = run("convert", tmp_path / "a.nii.gz", "-o", tmp_path / "b.nrrd")
    assert done.exit_code == 0, done.output
    again = load(tmp_path / "b.nrrd")
    assert np.array_equal(again.voxels, volume.voxels)
    assert np.allclose(again.affine, volume.affine, atol=1e-3)
    done = run("convert", folder, "--no-sidecar", "-o", tmp_path / "c.nii")
    assert done.stdout == f"{tmp_path / 'c.nii'}\n"


def test_notes_of_what_was_read_and_written_are_printed(tmp_path: Path) -> None:
    write_phantom(tmp_path / "in", **SMALL, faults=phantom.Faults(tilt=15))
    done = run("convert", tmp_path / "in", "-o", tmp_path / "a.mha")
    assert done.exit_code == 0
    assert "note: MetaImage has no field for the unit of values: HU." in done.stderr
    notes = load(tmp_path / "in").notes
    assert notes
    assert all(f"note: {note}" in done.stderr for note in notes)


def test_all_times_become_one_file_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for v, clock in enumerate(("100000", "100002", "100004")):
        for k in range(4):
            one = image(1 + v * 4 + k, k, 100 * v, AcquisitionTime=clock)
            one.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
            one.save_as(tmp_path / "in" / f"{v}-{k}.dcm", enforce_file_format=True)
    done = run("convert", tmp_path / "in", "--all", "-o", tmp_path / "a.nii")
    assert done.exit_code == 0, done.output
    found = nibabel.load(tmp_path / "a.nii")
    assert [found.dataobj[0, 0, 0, n] for n in range(3)] == [0, 100, 200]
    assert found.header.get_zooms()[3] == 2
    assert run("convert", tmp_path / "in", "--all", "--time-step", 3, "-o", tmp_path / "b.nii").exit_code == 0
    assert [one.which["time"] for one in load_all(tmp_path / "b.nii")] == [0, 3, 6]
    refused = run("convert", tmp_path / "in", "--all", "--which", "time=1", "-o", tmp_path / "c.nii")
    assert "--all: is all volumes of the series, and --which one of them" in refused.stderr
    assert "holds 3 volumes; choose one" in run("convert", tmp_path / "in", "-o", tmp_path / "c.nii").stderr
    assert not (tmp_path / "c.nii").exists()


def test_a_label_map_becomes_a_segmentation_of_slicer_and_back(tmp_path: Path) -> None:
    organs = phantom.organs(phantom.volume(**SMALL).geometry)
    save(organs, tmp_path / "a.nii.gz")
    for source, target in (("a.nii.gz", "b.seg.nrrd"), ("b.seg.nrrd", "c.nii")):
        done = run("convert", tmp_path / source, "-o", tmp_path / target)
        assert done.exit_code == 0, done.output
        found = load_segmentation(tmp_path / target)
        assert [one.name for one in found.segments] == [one.name for one in organs.segments]
        assert all(np.array_equal(found.mask(one.number), organs.mask(one.number)) for one in organs.segments)


def test_a_folder_becomes_a_derived_series(folder: Path, tmp_path: Path) -> None:
    done = run("convert", folder, "-o", f"{tmp_path / 'out'}/")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == len(list((tmp_path / "out").iterdir()))
    assert "hold patient and study of their source" in done.stderr
    assert np.array_equal(load(tmp_path / "out").voxels, load(folder).voxels)
    assert load(tmp_path / "out").frame_of_reference == load(folder).frame_of_reference
    done = run("convert", folder, "--no-identity", "-o", f"{tmp_path / 'nobody'}/")
    assert done.exit_code == 0, done.output
    assert load(tmp_path / "nobody").frame_of_reference != load(folder).frame_of_reference
    assert b"PHANTOM" not in next((tmp_path / "nobody").iterdir()).read_bytes()
    done = run("convert", folder, "-o", f"{tmp_path / 'out'}/")
    assert "the folder holds files already" in done.stderr


def test_what_cannot_be_is_one_line_and_exit_code_2(folder: Path, tmp_path: Path) -> None:
    for words, said in (
        (("-o", "a.xyz"), "a volume is not saved with the suffix '.xyz': give one of .nii, .nii.gz"),
        (("-o", "a.seg.nrrd"), "holds no segmentation, and the suffix of the output is for one"),
        (("-o", "no/a.nii"), "there is no folder"),
        (("-o", "a.vti", "--time-step", "2"), "viewer3d.save to .vti has no option 'time_step'"),
        (("-o", "a.nii", "--time-step", "2"), "time_step is between volumes, and there is one: leave it out"),
        (("-o", "a.nii", "--identify"), "--identify: names the patient in pictures, and none is made here"),
    ):
        done = run("convert", folder, words[0], tmp_path / words[1], *words[2:])
        assert done.exit_code == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"ct"}


def test_an_input_is_not_written_over(folder: Path, tmp_path: Path) -> None:
    assert run("convert", folder, "--no-sidecar", "-o", tmp_path / "a.nii").exit_code == 0
    before = (tmp_path / "a.nii").read_bytes()
    done = run("convert", tmp_path / "a.nii", "-o", tmp_path / "a.nii")
    assert done.exit_code == 2
    assert "was read as input" in done.stderr
    assert (tmp_path / "a.nii").read_bytes() == before
