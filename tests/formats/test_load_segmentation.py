"""Label maps in NIfTI and NRRD lie where they were written, with their names; what is wrong is refused in words."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

import viewer3d
from tests.dicom.objects.seg_files import save, seg
from viewer3d.core.geometry import Geometry
from viewer3d.errors import BadFileError, DecoderError, LimitError, NotFoundError, SegmentError
from viewer3d.formats.label_names import read_names

LPS = np.array([[0.8, 0, 0, -20], [0, 0.9, 0, -30], [0, 0, 2.5, 40], [0, 0, 0, 1]])
TO_RAS = np.diag([-1.0, -1, 1, 1])
TILTED = np.array([[0.8, 0, 0, -20], [0, 0.9, 0.4, -30], [0, 0, 2.5, 40], [0, 0, 0, 1]])
LABELS = np.random.default_rng(5).integers(0, 4, (6, 5, 4)).astype(np.uint8)


def nifti(path: Path, labels: Any, lps: Any = LPS, **about: Any) -> Path:
    image = nibabel.Nifti1Image(labels, TO_RAS @ lps)
    for extension in about.get("extensions", ()):
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, extension))
    if "unit" in about:
        image.header.set_xyzt_units(about["unit"])
    if about.get("unplaced"):
        image.set_sform(None, 0)
        image.set_qform(None, 0)
    nibabel.save(image, path)
    return path


def at(found: viewer3d.Segmentation, lps: Any, index: Any) -> list[int]:
    """The segments at the place that a voxel of the file has in the patient."""
    return [one.number for one in found.segments_at((np.asarray(lps) @ [*index, 1])[:3])]


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "A.NII.GZ"])
@pytest.mark.parametrize("lps", [LPS, LPS @ np.diag([1, 1, -1, 1]), TILTED], ids=["right", "left-handed", "tilted"])
def test_a_nifti_lies_where_it_was_written(tmp_path: Path, name: str, lps: Any) -> None:
    path = nifti(tmp_path / name.lower(), LABELS, lps).rename(tmp_path / name)
    found = viewer3d.load_segmentation(path, names={2: "Liver"})
    assert [(one.number, one.name) for one in found.segments] == [(1, "Segment 1"), (2, "Liver"), (3, "Segment 3")]
    for index in np.ndindex(LABELS.shape):
        assert at(found, lps, index) == ([int(LABELS[index])] if LABELS[index] else [])
    assert (found.description, found.modality, found.frame_of_reference) == ("a" if name[0] == "a" else "A", "SEG", "")


def test_a_nifti_with_names_in_its_header(tmp_path: Path) -> None:
    table = (
        b'<Label Key="3" Red="1" Green="0.5" Blue="0" Alpha="1"><![CDATA[liver]]></Label><Label Key="1">aorta</Label>'
    )
    found = viewer3d.load_segmentation(nifti(tmp_path / "a.nii.gz", LABELS, extensions=[table]))
    assert [one.name for one in found.segments] == ["aorta", "Segment 2", "liver"]
    assert found.segment("liver").color == (255, 128, 0)


def test_a_nifti_in_metres_and_one_that_lies_nowhere(tmp_path: Path) -> None:
    metres = np.diag([0.001, 0.001, 0.001, 1]) @ LPS
    found = viewer3d.load_segmentation(nifti(tmp_path / "a.nii", LABELS, metres, unit="meter"))
    np.testing.assert_allclose(found.affine, LPS, atol=1e-4)  # of float32
    lost = viewer3d.load_segmentation(nifti(tmp_path / "b.nii", LABELS, unplaced=True))
    assert lost.notes[0].startswith("The file does not say where it lies: neither sform nor qform is set.")


def test_floats_that_are_whole_are_labels_and_others_are_not(tmp_path: Path) -> None:
    found = viewer3d.load_segmentation(nifti(tmp_path / "a.nii", LABELS.astype(np.float32)[..., None]))
    assert found.voxels(3) == (LABELS == 3).sum()
    with pytest.raises(SegmentError, match=r"b.nii: labels are no whole numbers"):
        viewer3d.load_segmentation(nifti(tmp_path / "b.nii", LABELS.astype(np.float32) / 3))


def test_a_label_map_is_measured_on_the_volume_it_was_made_on(tmp_path: Path) -> None:
    volume = viewer3d.Volume.from_array(LABELS * 100, LPS, unit="HU", frame_of_reference="1.2")
    path = nifti(tmp_path / "a.nii", LABELS)
    unsaid = viewer3d.load_segmentation(path).measure(2, volume)
    assert (unsaid.mean, unsaid.sd, unsaid.count) == (200, 0, (LABELS == 2).sum())
    assert "it lies on the grid of the base" in unsaid.notes[0]
    assert viewer3d.load_segmentation(path, frame_of_reference="1.2").measure(2, volume).notes == ()
    elsewhere = viewer3d.Volume.from_array(LABELS, LPS @ np.diag([1, 1, 2, 1]), frame_of_reference="1.2")
    with pytest.raises(viewer3d.errors.ViewError, match="its frame of reference is not said"):
        viewer3d.load_segmentation(path).measure(2, elsewhere)


def test_a_folder_with_an_organ_in_each_file(tmp_path: Path) -> None:
    masks = {"aorta": LABELS == 1, "liver": LABELS >= 2, "lobe": LABELS == 3, "spleen": LABELS > 9}
    for name, mask in masks.items():
        nifti(tmp_path / f"{name}.nii.gz", mask.astype(np.uint8))
    found = viewer3d.load_segmentation(tmp_path, frame_of_reference="1.2")
    assert [(one.name, one.layer) for one in found.segments] == [("aorta", 0), ("liver", 0), ("lobe", 1), ("spleen", 0)]
    for name, mask in masks.items():
        assert found.voxels(name) == mask.sum()
        np.testing.assert_array_equal(found.mask(name, Geometry(LPS, LABELS.shape)), mask)  # type: ignore[arg-type]
    nifti(tmp_path / "stray.nii.gz", masks["aorta"].astype(np.uint8), LPS @ np.diag([1, 1, 2, 1]))
    with pytest.raises(BadFileError, match=r"stray.nii.gz: lies on another grid than aorta.nii.gz"):
        viewer3d.load_segmentation(tmp_path)


def test_dicom_is_read_by_the_same_function_also_beside_nifti(tmp_path: Path) -> None:
    save(seg([(1, 0, np.ones((4, 4), np.uint8))]), tmp_path)
    nifti(tmp_path / "a.nii.gz", LABELS)
    assert viewer3d.load_segmentation(tmp_path).voxels(1) == 16
    with pytest.raises(SegmentError, match="a DICOM segmentation has its own"):
        viewer3d.load_segmentation(tmp_path / "seg.dcm", names={1: "Liver"})


TABLES = {
    "names.json": json.dumps({"1": "Liver", "2": "Spleen"}),
    "dataset.json": json.dumps({"labels": {"background": 0, "Liver": 1, "Spleen": 2}}),
    "names.csv": 'label,name,r,g,b\n1,Liver,10,20,30\n2,"Spleen",40,50,60\n',
    "lut.txt": "#No. Label Name: R G B A\n0 Unknown 0 0 0 0\n1 Liver 10 20 30 0\n2 Spleen 40 50 60 0\n",
    "itksnap.txt": '# IDX -R- -G- -B- -A-- VIS MSH LABEL\n0 0 0 0 0 0 0 "Clear"\n1 10 20 30 1 1 1 "Liver"\n'
    '2 40 50 60 1 1 1 "Spleen"\n',
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(TABLES[name])
    found = viewer3d.load_segmentation(nifti(tmp_path / "a.nii", LABELS), names=tmp_path / name)
    assert [one.name for one in found.segments] == ["Liver", "Spleen", "Segment 3"]
    if not name.endswith("json"):
        assert [one.color for one in found.segments[:2]] == [(10, 20, 30), (40, 50, 60)]


def test_a_name_in_quotes_may_have_a_comma(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text('1, "Lung, left", 10, 20, 30\n2\tLung, right\t1\t2\t3\n4,"a\n')
    found = read_names(tmp_path / "names.csv")
    assert found.names == {1: "Lung, left", 2: "Lung, right", 4: "a"}
    assert found.colors == {1: (10, 20, 30), 2: (1, 2, 3)}


def test_tables_that_name_nothing(tmp_path: Path) -> None:
    for name, text in (("a.json", "[1, 2]"), ("b.json", "{"), ("c.csv", "liver,1\n"), ("d.txt", "")):
        (tmp_path / name).write_text(text)
        with pytest.raises(BadFileError, match=r"names no label|is no JSON"):
            read_names(tmp_path / name)
    with pytest.raises(BadFileError, match="cannot be read"):
        read_names(tmp_path / "none.csv")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    whole = nifti(tmp_path / "whole.nii.gz", LABELS).read_bytes()
    for size in (0, 20, len(whole) // 2, len(whole) - 9):
        path = tmp_path / "cut.nii.gz"
        path.write_bytes(whole[:size])
        with pytest.raises(BadFileError, match="cannot be read as NIfTI"):
            viewer3d.load_segmentation(path)
    (tmp_path / "pdf.nii").write_bytes(b"%PDF-1.7" + b"x" * 999)
    with pytest.raises(BadFileError, match="cannot be read as NIfTI"):
        viewer3d.load_segmentation(tmp_path / "pdf.nii")
    with pytest.raises(BadFileError, match="a label map has three dimensions"):
        viewer3d.load_segmentation(nifti(tmp_path / "4d.nii", np.stack([LABELS, LABELS], -1)))
    with pytest.raises(LimitError, match="loading needs"):
        viewer3d.load_segmentation(nifti(tmp_path / "big.nii", LABELS), max_memory="1K")
    with pytest.raises(NotFoundError):
        viewer3d.load_segmentation(tmp_path / "none.nii")


def test_a_library_that_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NIfTI is read without one."""
    path = tmp_path / "a.nrrd"
    path.write_bytes(b"NRRD0004\n\n")
    monkeypatch.setitem(sys.modules, "nrrd", None)
    with pytest.raises(DecoderError, match=r"pip install pynrrd"):
        viewer3d.load_segmentation(path)
