"""A picture as a DICOM secondary capture: its pixels, the study it is in, its recipe, and what it is refused for."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from PIL import Image

import viewer3d
from tests.dicom.images.made_images import dataset, picture, write
from tests.dicom.write.dciodvfy import errors_of
from tests.phantom_files import write_phantom
from viewer3d import load, read_recipe, replay, screenshot
from viewer3d.cli import main
from viewer3d.dicom.objects.capture import read_capture
from viewer3d.dicom.write.made import IDENTIFIED
from viewer3d.errors import BadFileError, ChoiceError, NotFoundError, OutputError, ViewError
from viewer3d.figures.movies.ready import cine
from viewer3d.phantom import Faults

SMALL: dict[str, Any] = {"shape": (14, 12, 6), "spacing": (20.0, 22.0, 40.0)}
SIZE = (151, 51)  # an odd number of bytes


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "ct"
    write_phantom(folder, **SMALL)
    return folder


def drawn(ct: Path, path: Path, **how: Any) -> NDArray[np.uint8]:
    return screenshot(load(ct, **how), path, view="mpr", size=SIZE)


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_picture_is_in_the_study_of_its_source(ct: Path, tmp_path: Path) -> None:
    pixels = drawn(ct, tmp_path / "a.png")
    saved = viewer3d.save(tmp_path / "a.png", tmp_path / "a.dcm", source=ct)
    found = pydicom.dcmread(saved.path)
    sources = [pydicom.dcmread(path) for path in sorted(ct.iterdir())]
    assert np.array_equal(found.pixel_array, pixels)
    assert (found.SOPClassUID.name, found.Modality, found.ConversionType) == (
        "Secondary Capture Image Storage",
        "OT",
        "WSD",
    )
    assert (found.ImageType, found.BurnedInAnnotation) == (["DERIVED", "SECONDARY"], "NO")
    for word in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate"):
        assert found[word] == sources[0][word]
    for word in ("KVP", "FrameOfReferenceUID", "ConvolutionKernel", "RescaleSlope", "BodyPartExamined"):
        assert word not in found
    assert found.SeriesInstanceUID != sources[0].SeriesInstanceUID
    assert found.SeriesNumber == sources[0].SeriesNumber + 3000
    assert found.SeriesDescription == "viewer3d picture (shot)"
    named = {(item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID) for item in found.SourceImageSequence}
    assert named == {(one.SOPClassUID, one.SOPInstanceUID) for one in sources}
    assert found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID
    assert saved.notes == (IDENTIFIED,)


def test_it_is_made_again_from_the_recipe_in_it(ct: Path, tmp_path: Path) -> None:
    drawn(ct, tmp_path / "a.png")
    path = viewer3d.save(tmp_path / "a.png", tmp_path / "a.dcm", source=ct).path
    assert read_recipe(path) == read_recipe(tmp_path / "a.png")
    made = replay(path, ct, tmp_path / "again.png")
    assert (made.verdict, made.reason) == ("same", "in every pixel; the rest of the file differs")
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    source = pydicom.dcmread(next(ct.iterdir()))
    packet = pydicom.dcmread(path).private_block(0x0009, "viewer3d")[0x01].value
    assert str(source.PatientName) not in packet
    assert source.PatientID not in packet
    assert str(source.StudyInstanceUID) not in packet

    def darker(found: pydicom.Dataset) -> None:
        pixels = np.array(found.pixel_array)
        pixels[:20, :20] //= 2
        found.PixelData = pixels.tobytes() + b"\0"

    changed = pydicom.dcmread(path)
    darker(changed)
    changed.save_as(tmp_path / "changed")  # whatever its name
    assert replay(tmp_path / "changed", ct).verdict == "different"


def test_without_identity_nothing_of_the_source_is_left(ct: Path, tmp_path: Path) -> None:
    drawn(ct, tmp_path / "a.png")
    saved = viewer3d.save(tmp_path / "a.png", tmp_path / "a.dcm", source=ct, identify=False)
    content = saved.path.read_bytes()
    found, source = pydicom.dcmread(saved.path), pydicom.dcmread(next(ct.iterdir()))
    assert found.PatientIdentityRemoved == "YES"
    assert (str(found.PatientName), found.PatientID, found.StudyDate) == ("", "", "")
    for word in ("PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "StudyDate", "StudyDescription"):
        if str(source.get(word) or ""):
            assert str(source[word].value).encode() not in content, word
    assert "SourceImageSequence" not in found
    assert "ContentDate" not in found
    assert [note for note in saved.notes if "all UIDs are new" in note]
    assert replay(saved.path, ct).is_same


def test_whether_it_names_the_patient_is_told_truly(ct: Path, tmp_path: Path) -> None:
    drawn(ct, tmp_path / "a.png", identify=True)
    saved = viewer3d.save(tmp_path / "a.png", tmp_path / "a.dcm", source=ct)
    assert pydicom.dcmread(saved.path).BurnedInAnnotation == "YES"
    assert [note for note in saved.notes if "Burned In Annotation (0028,0301) is YES" in note]
    with pytest.raises(OutputError, match=r"identify=False would leave it in its pixels: draw it without identify"):
        viewer3d.save(tmp_path / "a.png", tmp_path / "b.dcm", source=ct, identify=False)
    assert not (tmp_path / "b.dcm").exists()
    pixels = drawn(ct, tmp_path / "a.png")
    unknown = viewer3d.save(pixels, tmp_path / "c.dcm", source=ct)
    assert "BurnedInAnnotation" not in pydicom.dcmread(unknown.path)
    assert [note for note in unknown.notes if "not known whether the pixels name the patient" in note]
    assert [note for note in unknown.notes if note.startswith("No recipe is known of the picture")]
    burned = tmp_path / "burned"
    burned.mkdir()
    for path in ct.iterdir():
        one = pydicom.dcmread(path)
        one.BurnedInAnnotation = "YES"
        one.save_as(burned / path.name)
    told = viewer3d.save(tmp_path / "a.png", tmp_path / "d.dcm", source=burned)
    assert pydicom.dcmread(told.path).BurnedInAnnotation == "YES"


def test_grey_and_frames(ct: Path, tmp_path: Path) -> None:
    pixels = drawn(ct, tmp_path / "a.png")
    gray = pydicom.dcmread(viewer3d.save(pixels[..., 0], tmp_path / "g.dcm", source=ct).path)
    assert gray.PhotometricInterpretation == "MONOCHROME2"
    assert np.array_equal(gray.pixel_array, pixels[..., 0])
    frames = np.stack([pixels, 255 - pixels, pixels // 2])
    several = pydicom.dcmread(viewer3d.save(frames, tmp_path / "m.dcm", source=ct).path)
    assert several.SOPClassUID.name == "Multi-frame True Color Secondary Capture Image Storage"
    assert np.array_equal(several.pixel_array, frames)
    assert several.BurnedInAnnotation == "YES"  # nobody knows, and it has to be said
    opaque = np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], -1)
    assert np.array_equal(read_capture(viewer3d.save(opaque, tmp_path / "o.dcm", source=ct))[0], opaque)
    with pytest.raises(OutputError, match="DICOM cannot be transparent"):
        viewer3d.save(opaque // 2, tmp_path / "t.dcm", source=ct)


def test_a_movie_keeps_its_frames_and_their_time(ct: Path, tmp_path: Path) -> None:
    movie = cine(load(ct), size=SIZE, rate=8)
    path = movie.save(tmp_path / "a.png")
    found = pydicom.dcmread(viewer3d.save(path, tmp_path / "a.dcm", source=ct).path)
    assert np.array_equal(found.pixel_array, np.stack(list(movie.frames())))
    assert (found.FrameTime, found.FrameIncrementPointer, found.BurnedInAnnotation) == (125, 0x00181063, "NO")
    assert replay(tmp_path / "a.dcm", ct).is_same


def test_what_no_capture_holds_is_refused(ct: Path, tmp_path: Path) -> None:
    pixels, path = drawn(ct, tmp_path / "a.png"), tmp_path / "x.dcm"
    with pytest.raises(OutputError, match="give source=PATH, the series that it shows"):
        viewer3d.save(pixels, path)
    with pytest.raises(
        ViewError, match=r"is nothing that is saved: .* measurements, key images or a picture \(uint8\)"
    ):
        viewer3d.save(pixels / 2, path, source=ct)
    with pytest.raises(OutputError, match=r"an array of shape \(51, 151, 2\) is no picture"):
        viewer3d.save(pixels[..., :2], path, source=ct)
    with pytest.raises(OutputError, match="no such picture"):
        viewer3d.save(tmp_path / "none.png", path, source=ct)
    Image.fromarray(pixels).save(tmp_path / "a.jpg")
    with pytest.raises(OutputError, match=r"JPEG does not keep all pixels: give the picture as \.png"):
        viewer3d.save(tmp_path / "a.jpg", path, source=ct)
    with pytest.raises(OutputError, match=r"a picture is not saved with the suffix '\.png': give one of \.dcm"):
        viewer3d.save(pixels, tmp_path / "b.png")
    with pytest.raises(OutputError, match="70000 x 1 pixels, and DICOM holds 65535 a side"):
        viewer3d.save(np.zeros((1, 70000), np.uint8), path, source=ct)
    volume = tmp_path / "v.nii"
    viewer3d.save(load(ct), volume)
    with pytest.raises(NotFoundError, match="holds no series of DICOM images: give the one that the picture is of"):
        viewer3d.save(pixels, path, source=volume)
    write_phantom(tmp_path / "two", **SMALL, faults=Faults(second_series=True))
    with pytest.raises(ChoiceError, match="the picture was read from none of them"):
        viewer3d.save(pixels, path, source=tmp_path / "two")
    assert not path.exists()


def test_the_right_one_of_several_series_is_found(tmp_path: Path) -> None:
    write_phantom(tmp_path / "two", **SMALL, faults=Faults(second_series=True))
    for number in (one.number for one in viewer3d.scan(tmp_path / "two")):
        screenshot(load(tmp_path / "two", number), tmp_path / "a.png", view="axial", size=SIZE)
        saved = viewer3d.save(tmp_path / "a.png", tmp_path / "a.dcm", source=tmp_path / "two")
        found = pydicom.dcmread(saved.path)
        assert found.SeriesNumber == number + 3000
        uids = {item.ReferencedSOPInstanceUID for item in found.SourceImageSequence}
        own = [one for one in map(pydicom.dcmread, (tmp_path / "two").iterdir()) if one.SeriesNumber == number]
        assert uids == {one.SOPInstanceUID for one in own}


def test_images_of_overlays_are_referred_to_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "two"
    write_phantom(folder, **SMALL, faults=Faults(second_series=True))
    one, other = (load(folder, each.number) for each in viewer3d.scan(folder))
    over = viewer3d.Layer(other, same_frame=True, look={"opacity": 0.5})
    screenshot(one, tmp_path / "a.png", view="axial", size=SIZE, overlays=over)
    found = pydicom.dcmread(viewer3d.save(tmp_path / "a.png", tmp_path / "a.dcm", source=folder).path)
    uids = {item.ReferencedSOPInstanceUID for item in found.SourceImageSequence}
    read = [pydicom.dcmread(path, force=True) for path in folder.iterdir() if path.suffix == ".dcm"]
    assert uids == {each.SOPInstanceUID for each in read}
    assert len(uids) == SMALL["shape"][2] + 3
    assert replay(tmp_path / "a.dcm", folder).is_same


def test_a_broken_capture_is_told(ct: Path, tmp_path: Path) -> None:
    path = viewer3d.save(drawn(ct, tmp_path / "a.png"), tmp_path / "a.dcm", source=ct).path
    with pytest.raises(BadFileError, match="no secondary capture that can be read"):
        read_capture(next(ct.iterdir()).parent / "none.dcm")
    found = pydicom.dcmread(path)
    found.Rows = 500
    found.save_as(tmp_path / "cut.dcm")
    with pytest.raises(BadFileError, match="the file is cut"):
        read_capture(tmp_path / "cut.dcm")
    (tmp_path / "odd.dcm").write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.19008.1.2.1\0"))
    with pytest.raises(BadFileError, match="UID is not a transfer syntax"):
        read_capture(tmp_path / "odd.dcm")
    with pytest.raises(BadFileError, match="not as viewer3d wrote them"):
        read_capture(next(ct.iterdir()))


def test_the_programs_verbs_write_it(ct: Path, tmp_path: Path) -> None:
    done = run("shot", ct, "--view", "mpr", "--size", "151x51", "-o", tmp_path / "a.dcm")
    assert done.exit_code == 0, done.output
    assert "note: The file holds patient and study of its source" in done.output
    drawn(ct, tmp_path / "a.png")
    assert np.array_equal(read_capture(tmp_path / "a.dcm")[0][..., :3], np.array(Image.open(tmp_path / "a.png")))
    assert run("replay", tmp_path / "a.dcm", ct).exit_code == 0
    assert "figure" in run("recipe", tmp_path / "a.dcm").output
    done = run("figure", "mpr", ct, "-o", tmp_path / "f.dcm", "--no-identity")
    assert (done.exit_code, pydicom.dcmread(tmp_path / "f.dcm").PatientID) == (0, "")
    done = run("shot", ct, "-o", tmp_path / "b.png", "--no-identity")
    assert (done.exit_code, "--no-identity: is of DICOM" in done.output) == (2, True)
    done = run("shot", ct, "-o", tmp_path / "b.dcm", "--no-identity", "--identify")
    assert (done.exit_code, "give one of them" in done.output) == (2, True)
    done = run("movie", ct, "--kind", "cine", "--size", "64x48", "-o", tmp_path / "m.dcm")
    assert done.exit_code == 0, done.output
    assert pydicom.dcmread(tmp_path / "m.dcm").NumberOfFrames > 1


def test_the_program_refuses_a_study_that_is_not_there_before_it_loads(ct: Path, tmp_path: Path) -> None:
    path = viewer3d.save(load(ct), tmp_path / "v.nii").path
    words: tuple[tuple[object, ...], ...] = (
        ("shot", path),
        ("figure", "mpr", path),
        ("movie", path),
        ("measure", path, "--overlay", path),
    )
    for one in words:
        done = run(*one, "--unit", "HU", "-o", tmp_path / "a.dcm")
        assert (done.exit_code, "holds no series of DICOM images, in whose study" in done.output) == (2, True), (
            done.output
        )
    assert not (tmp_path / "a.dcm").exists()


def test_the_program_says_that_images_without_a_place_are_written_otherwise(tmp_path: Path) -> None:
    (tmp_path / "colour").mkdir()
    write(dataset(picture()[None]), tmp_path / "colour" / "page.dcm")
    done = run("shot", tmp_path / "colour", "-o", tmp_path / "a.dcm")
    assert done.exit_code == 2
    assert "holds images alone that lie in no space" in done.output
    assert f"give -o {tmp_path / 'a.png'}" in done.output


def test_a_series_stays_the_only_volume_beside_its_picture(ct: Path, tmp_path: Path) -> None:
    shutil.copytree(ct, tmp_path / "both")
    viewer3d.save(drawn(ct, tmp_path / "a.png"), tmp_path / "both" / "a.dcm", source=ct)
    assert load(tmp_path / "both").shape == load(ct).shape


def test_the_option_is_of_pictures_in_dicom_alone(ct: Path, tmp_path: Path) -> None:
    with pytest.raises(ViewError, match="has no option"):
        viewer3d.save(drawn(ct, tmp_path / "a.png"), tmp_path / "a.dcm", source=ct, empty_frames=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ct_seg_liver", "ct_torso_acrin", "mr_sag_hfs", "pet_ac_bqml", "mr_enh_philips"])
@pytest.mark.parametrize("identify", [True, False])
def test_dciodvfy_finds_no_error_that_the_source_does_not_have(
    real: Callable[[str], Path], name: str, identify: bool, tmp_path: Path
) -> None:
    volume = load(real(name), **({"stack": 1} if name == "mr_enh_philips" else {}))
    pixels = screenshot(volume, tmp_path / "a.png", view="mpr", size=SIZE)
    uneven = Image.fromarray(pixels)
    uneven.save(tmp_path / "u.png", save_all=True, append_images=[Image.fromarray(255 - pixels)], duration=[100, 300])
    kinds = [tmp_path / "a.png", pixels, pixels[..., 0], np.stack([pixels] * 2), tmp_path / "u.png"]
    source = errors_of(next(path for path in sorted(real(name).rglob("*")) if path.is_file()))
    for one in kinds:
        saved = viewer3d.save(one, tmp_path / "a.dcm", source=real(name), identify=identify)
        assert errors_of(saved.path) - source == set()
