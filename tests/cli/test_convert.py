"""The verb convert."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from tests.cli.conftest import run
from tests.dicom.made import image
from tests.phantom_files import write_phantom
from viewer3d import load, load_all, load_segmentation, phantom, save, scan

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
    told = run("convert", tmp_path / "in", "-o", tmp_path / "c.nii").stderr
    assert "holds 3 volumes; choose one" in told
    assert "--all  all volumes of a series in one file;  --format nii.gz -o NAME/  one file each" in told
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


@pytest.mark.slow
def test_a_segmentation_becomes_dicom_over_the_images_that_it_refers_to(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("highdicom")
    write_phantom(tmp_path / "two", **SMALL, faults=phantom.Faults(second_series=True))
    volume = load(folder)
    organs = phantom.organs(volume.geometry).with_info(frame_of_reference=volume.frame_of_reference)
    organs = organs.__class__(organs.labels, organs.geometry, organs.segments[:2], organs.info)
    save(organs, tmp_path / "a.dcm", source=folder)
    save(organs, tmp_path / "a.nii.gz")

    refused = run("convert", tmp_path / "a.nii.gz", "-o", tmp_path / "b.dcm")
    assert refused.exit_code == 2
    assert "give source=PATH (--source PATH), the images that were segmented" in refused.stderr
    assert not (tmp_path / "b.dcm").exists()

    # A label map goes with the images whose grid it has; the object by what it refers to.
    done = run("convert", tmp_path / "a.nii.gz", "--source", tmp_path / "two", "-o", tmp_path / "b.dcm")
    assert done.exit_code == 0, done.output
    assert "Of 2 series its source is series 2" in done.stderr
    assert "the segmentation is on its grid" in done.stderr
    found = load_segmentation(tmp_path / "b.dcm")
    assert [one.name for one in found.segments] == [one.name for one in organs.segments]
    assert all(np.array_equal(found.mask(one.name, organs.geometry), organs.mask(one.name)) for one in organs.segments)

    words = ("convert", tmp_path / "b.dcm", tmp_path / "two", "--empty-frames", "-o", tmp_path / "c.dcm")
    done = run(*words)
    assert done.exit_code == 0, done.output
    assert "the segmentation refers to it" in done.stderr
    every, used = dcmread(tmp_path / "c.dcm"), dcmread(tmp_path / "b.dcm")
    assert every.NumberOfFrames == 2 * volume.shape[2] > used.NumberOfFrames
    source = next(one for one in scan(tmp_path / "two") if load(one).shape == volume.shape)
    assert every.ReferencedSeriesSequence[0].SeriesInstanceUID == source.uid
    assert load_segmentation(tmp_path / "c.dcm").info.of_series == (source.uid,)

    for words, said in (
        (("-o", "d.nii", "--empty-frames"), "viewer3d.save to .nii has no option 'empty_frames'"),
        (("-o", "d.nii", "--source", folder), "viewer3d.save to .nii has no option 'source'"),
        (("-o", f"d{os.sep}", "--format", "nii", "--source", folder), "--source: is of DICOM"),
    ):
        done = run("convert", folder, words[0], f"{tmp_path}{os.sep}{words[1]}", *words[2:])
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
        assert said in done.stderr


def test_a_file_of_another_format_becomes_a_derived_series_of_the_series_on_its_grid(tmp_path: Path) -> None:
    write_phantom(tmp_path / "two", **SMALL, faults=phantom.Faults(second_series=True))
    (own,) = (one for one in scan(tmp_path / "two") if load(one).shape == SMALL["shape"])
    save(load(own), tmp_path / "a.nii.gz")
    refused = run("convert", tmp_path / "a.nii.gz", "--unit", "HU", "-o", f"{tmp_path / 'out'}/")
    assert refused.exit_code == 2
    assert "give source=PATH (--source PATH), the series that it was read from" in refused.stderr
    words = ("--unit", "HU", "--source", tmp_path / "two", "-o", f"{tmp_path / 'out'}/")
    done = run("convert", tmp_path / "a.nii.gz", *words)
    assert done.exit_code == 0, done.output
    assert "was not read from its source" in done.stderr
    found = load(tmp_path / "out")
    assert np.array_equal(found.voxels, load(own).voxels)
    assert found.frame_of_reference == load(own).frame_of_reference


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


def test_a_volume_is_cropped_turned_resampled_and_masked_in_this_order(folder: Path, tmp_path: Path) -> None:
    volume = load(folder)
    organs = phantom.organs(volume.geometry)
    save(organs, tmp_path / "organs.seg.nrrd")
    name = organs.segments[0].name
    part = organs.__class__(organs.labels, organs.geometry, organs.segments[:1], organs.info)
    low, high = volume.geometry.bounds
    box = [[low[0] + 50, low[1], low[2]], [high[0] - 30, high[1], high[2] - 60]]
    given = f"{box[0][0]}:{box[1][0]},:,:{box[1][2]}"
    ras = f"ras:{-box[1][0]}:{-box[0][0]},:,:{box[1][2]}"
    seg = ("--mask", tmp_path / "organs.seg.nrrd", "--same-frame")
    for words, wanted in (
        (("--crop", given), volume.crop(box)),
        (("--crop", ras, "--margin", "15"), volume.crop(box, margin=15)),
        (("--crop-to", *seg[1:], "--segments", name), volume.crop(to=part, same_frame=True)),
        (("--orientation", "ras"), volume.reoriented("RAS")),
        (("--resample", "30"), volume.resample(30)),
        (
            ("--resample", "30,25,50", "--interpolation", "nearest"),
            volume.resample((30, 25, 50), interpolation="nearest"),
        ),
        (("--segments", name, *seg), volume.mask(part, same_frame=True)),
        (
            (*seg, "--resample", "30,25,50", "--orientation", "PSL", "--crop", given),
            volume.crop(box).reoriented("PSL").resample((30, 25, 50)).mask(organs, same_frame=True),
        ),
    ):
        done = run("convert", folder, *words, "-o", tmp_path / "a.nrrd")
        assert done.exit_code == 0, done.output
        found = load(tmp_path / "a.nrrd")
        assert found.shape == wanted.shape
        assert np.array_equal(found.voxels, wanted.voxels)
        assert np.allclose(found.affine, wanted.affine, atol=1e-6)
        assert f"note: {wanted.notes[-1]}" in done.stderr


def test_a_volume_takes_the_grid_of_another(folder: Path, tmp_path: Path) -> None:
    save(load(folder).resample(35), tmp_path / "like.nii.gz")
    words = ("convert", folder, "--like", tmp_path / "like.nii.gz", "-o", tmp_path / "a.nrrd")
    refused = run(*words)
    assert refused.exit_code == 2
    assert "--like: its frame of reference is not said" in refused.stderr
    assert "give --same-frame where you know that they are one" in refused.stderr
    done = run(*words, "--same-frame")
    assert done.exit_code == 0, done.output
    found, wanted = load(tmp_path / "a.nrrd"), load(folder).resample(35)
    assert np.allclose(found.affine, wanted.affine, atol=1e-3)
    assert np.abs(found.voxels - wanted.voxels).max() <= 1  # the grid went through float32


def test_a_label_map_crops_and_masks_the_volume_whose_grid_it_has(folder: Path, tmp_path: Path) -> None:
    """Neither says its frame of reference: that they lie on one grid is seen before it is cropped."""
    volume = load(folder)
    organs = phantom.organs(volume.geometry)
    save(volume, tmp_path / "ct.nii")
    save(organs, tmp_path / "organs.nii")
    seg = tmp_path / "organs.nii"
    done = run(
        "convert", tmp_path / "ct.nii", "--unit", "HU", "--crop-to", seg, "--mask", seg, "-o", tmp_path / "a.nrrd"
    )
    assert done.exit_code == 0, done.output
    wanted = volume.crop(to=organs, same_frame=True).mask(organs, same_frame=True)
    assert np.array_equal(load(tmp_path / "a.nrrd").voxels, wanted.voxels)
    assert "as was asked for" not in done.stderr
    assert "lies on the grid of the base" in done.stderr


def test_changes_that_cannot_be_are_one_line(folder: Path, tmp_path: Path) -> None:
    save(phantom.organs(load(folder).geometry), tmp_path / "organs.nii")
    for words, said in (
        (("--crop", "1:2,3:4"), "--crop '1:2,3:4': expected x0:x1,y0:y1,z0:z1 in LPS mm"),
        (("--crop", "1:2,3:4,5:nan"), "expected x0:x1,y0:y1,z0:z1 in LPS mm"),
        (("--crop", "5000:6000,:,:"), "--crop: a box to crop to lies outside of the volume"),
        (("--crop", ":,:,:", "--crop-to", "x"), "--crop and --crop-to say the same in two ways"),
        (("--like", "x", "--orientation", "RAS"), "--orientation and --like say the same in two ways"),
        (("--margin", "5"), "--margin: is of --crop and --crop-to: give one of them"),
        (("--segments", "A"), "--segments: is of --crop-to and --mask"),
        (("--same-frame",), "--same-frame: is of --crop-to and --like and --mask"),
        (("--resample", "a"), "--resample 'a': expected X,Y,Z in mm"),
        (("--resample", "0"), "--resample: "),
        (("--orientation", "LAS"), "--orientation: orientation LAS is left-handed"),
        (("--mask", folder), "--mask"),
        (("--mask", tmp_path / "organs.nii", "--segments", "Ghost"), "there is no segment 'Ghost'"),
        (("--format", "nrrd"), "--format: is of the files in a folder"),
    ):
        done = run("convert", folder, *words, "-o", tmp_path / "a.nii")
        assert done.exit_code == 2, words
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert not (tmp_path / "a.nii").exists()
    done = run("convert", tmp_path / "organs.nii", "--resample", "9", "-o", tmp_path / "a.nii")
    assert "--resample: changes volumes, and " in done.stderr
    assert "--unit '' and --interpolation nearest" in done.stderr
    words = ("--resample", "9", "--unit", "", "--interpolation", "nearest")
    assert run("convert", tmp_path / "organs.nii", *words, "-o", tmp_path / "a.nii").exit_code == 0


def test_all_volumes_of_a_place_go_into_a_folder(folder: Path, tmp_path: Path) -> None:
    write_phantom(folder / "more", **SMALL, faults=phantom.Faults(tilt=15))
    for path in (folder / "more").iterdir():
        dataset = dcmread(path)
        dataset.SeriesInstanceUID, dataset.SeriesNumber, dataset.SeriesDescription = "1.2.3", 9, "Doe, Jane"
        dataset.save_as(path)
    for v, clock in enumerate(("100000", "100002")):
        for k in range(4):
            one = image(1 + v * 4 + k, k, 100 * v, AcquisitionTime=clock, SeriesNumber=12)
            one.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
            one.save_as(folder / f"{v}-{k}.dcm", enforce_file_format=True)
    series = list(scan(folder))
    assert {one.number: len(one.volumes) for one in series}.items() >= {9: 1, 12: 2}.items()
    own = next(one.number for one in series if one.number not in (9, 12))
    done = run(
        "convert", folder, "--no-sidecar", "--format", "nii.gz", "--resample", "40", "-o", f"{tmp_path / 'out'}/"
    )
    assert done.exit_code == 0, done.output
    names = {own: [f"series-{own}"], 9: ["series-9"], 12: ["series-12-stack-1", "series-12-stack-2"]}
    names = [name for one in series for name in names[one.number]]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(f"{name}.nii.gz" for name in names)
    assert done.stdout.splitlines() == [str(tmp_path / "out" / f"{name}.nii.gz") for name in names]
    found = load(tmp_path / "out" / "series-12-stack-2.nii.gz")
    assert np.array_equal(found.voxels, load(folder, series=12, stack=2).resample(40).voxels)
    done = run("convert", folder, "--all", "--format", "nrrd", "--series", 12, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{tmp_path / 'out' / 'series-12.nrrd'}\n"
    assert [one.which["time"] for one in load_all(tmp_path / "out" / "series-12.nrrd")] == [0, 2]


def test_what_cannot_be_written_keeps_no_other_from_a_folder(folder: Path, tmp_path: Path) -> None:
    write_phantom(folder / "more", **SMALL, faults=phantom.Faults(tilt=15))
    for path in (folder / "more").iterdir():
        dataset = dcmread(path)
        dataset.SeriesInstanceUID, dataset.SeriesNumber = "1.2.3", 9
        dataset.save_as(path)
    done = run("convert", folder, "--irregular", "error", "--format", "nii", "-o", f"{tmp_path / 'out'}/")
    assert done.exit_code == 2
    number = next(one.number for one in scan(folder) if one.number != 9)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {f"series-{number}.nii", f"series-{number}.json"}
    assert "viewer3d: series-9.nii: not written: " in done.stderr
    assert "1 of 2 were not written" in done.stderr
    refused = run("convert", folder, "--format", "mha", "--stack", 1, "-o", f"{tmp_path / 'other'}/")
    assert "is all volumes of the series, and --stack one of them" in refused.stderr
    assert not (tmp_path / "other").exists()
    assert "there is no folder" in run("convert", folder, "--format", "mha", "-o", f"{tmp_path / 'no' / 'out'}/").stderr
