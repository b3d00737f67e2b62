"""What lies over images is found by scanning, listed with what it lies over, and disturbs no series."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from tests.cli.conftest import rewrite
from tests.dicom.objects import structure_files
from tests.dicom.objects.reg_files import registration_item, write_registration
from tests.dicom.objects.seg_files import save, seg, segment
from tests.phantom_files import write_phantom
from viewer3d.cli.report import info_json, info_text, list_json, list_text
from viewer3d.errors import NoVolumeError

MASK = np.ones((4, 5), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A CT, and two segmentations, of which one is in its frame of reference."""
    write_phantom(tmp_path / "ct", shape=(12, 10, 6), spacing=(9, 8, 5))
    frame = viewer3d.load(tmp_path / "ct").frame_of_reference
    table = [segment(n, f"Organ {n}") for n in range(1, 9)]
    save(seg([(2, 0, MASK)], table, FrameOfReferenceUID=frame, SeriesNumber=5), tmp_path, "own.dcm")
    other = seg([(1, 0, MASK)], [segment(1, "Br\x07ain")], SeriesInstanceUID="1.2.99", SeriesNumber=6)
    save(other, tmp_path, "other.dcm")
    return tmp_path


def test_a_scan_has_objects_beside_its_series(folder: Path) -> None:
    found = viewer3d.scan(folder)
    assert (len(found), found.all_refused) == (1, ())
    own, other = found.objects
    assert (own.kind, own.size, own.contents[1]) == ("segmentation", "8 segments", (2, "Organ 2"))
    assert found.series_of(own) == found.series
    assert found.series_of(other) == ()
    assert "series 6 SEG Organs: segmentation, 1 segment" in repr(found)
    assert viewer3d.load(folder).digest == viewer3d.load(folder / "ct").digest
    assert viewer3d.load_segmentation(own.file).voxels(2) == MASK.size
    assert viewer3d.load_segmentation(own).digest == viewer3d.load_segmentation(own.file).digest
    archive = shutil.make_archive(str(folder.parent / "all"), "zip", folder)
    (_, member) = viewer3d.scan(archive).objects
    assert viewer3d.load_segmentation(member).segments[0].name == "Br\\x07ain"


def test_structure_sets_are_listed_by_the_frames_of_reference_of_their_rois(folder: Path) -> None:
    frame = viewer3d.load(folder / "ct").frame_of_reference
    rois = [
        structure_files.roi(1, [structure_files.contour(structure_files.circle(9))], ROIName="He\x07art"),
        structure_files.roi(2, None, ReferencedFrameOfReferenceUID=frame),
    ]
    structure_files.save(structure_files.structure_set(rois), folder, "plan.dcm")
    found = viewer3d.scan(folder)
    assert (len(found), found.all_refused) == (1, ())
    plan = found.objects[-1]
    assert (plan.kind, plan.size, plan.contents) == ("structure set", "2 ROIs", ((1, "He\\x07art"), (2, "Part 2")))
    assert found.series_of(plan) == found.series
    assert viewer3d.load_structures(plan).digest == viewer3d.load_structures(plan.file).digest
    assert "RTSTRUCT  2 ROIs" in list_text(found)
    assert "He\\x07art, Part 2, over series 2" in list_text(found)
    assert f"viewer3d.load_structures('{folder / 'plan.dcm'}')" in info_text(found, "8", None)
    (*_, listed) = list_json(found)["objects"]
    assert listed["rois"][1] == {"number": 2, "name": "Part 2"}
    (held,) = info_json(found, "8", None)["objects"]
    assert held["rois"][1] == {"number": 2, "name": "Part 2", "type": "ORGAN", "contours": 0, "ml": None}
    (folder / "plan.dcm").write_bytes((folder / "plan.dcm").read_bytes()[:-3000])
    assert "RTSTRUCT  2 ROIs" in list_text(viewer3d.scan(folder))


def test_the_list_shows_segments_and_what_they_lie_over(folder: Path) -> None:
    found = viewer3d.scan(folder)
    lines = list_text(found).splitlines()
    assert "left out" not in lines[-1]
    own, other = lines[-2:]
    assert own.split()[:3] == ["5", "-", "SEG"]
    assert "8 segments" in own
    assert "Organ 6 and 2 more, over series 2" in own
    assert "Br\\x07ain, in the frame of reference of no series here" in other
    values = json.loads(json.dumps(list_json(found)))["objects"]
    assert values[0]["segments"][1] == {"number": 2, "name": "Organ 2"}
    assert values[0]["lies_over"] == [found[0].uid]
    assert values[1]["lies_over"] == []


def test_info_shows_all_or_the_object_that_is_asked_for(folder: Path) -> None:
    found = viewer3d.scan(folder)
    assert "segments  1 Organ 1" in info_text(found, None, None)
    alone = info_text(found, "5", None)
    assert "over series 2" in alone
    assert f"viewer3d.load_segmentation('{folder / 'own.dcm'}')" in alone
    assert "CT" not in alone
    assert "SEG" not in info_text(found, "2", None)
    held: dict[str, Any] = info_json(found, "6", None)
    assert (held["volumes"], [one["series"] for one in held["objects"]]) == ([], [6])


def test_what_is_asked_for_alone_is_measured(folder: Path) -> None:
    """Of several, and beside images, headers alone are read."""
    (one, _) = viewer3d.scan(folder).objects
    found = viewer3d.scan(one.file)
    ml = viewer3d.load_segmentation(one.file).measure(2).ml
    assert f"2 Organ 2, Liver, {MASK.size} voxels, {ml:.2f} ml" in info_text(found, None, None)
    assert "1 Organ 1, Liver, 0 voxels, 0.00 ml" in info_text(found, None, None)
    assert "ml" not in info_text(viewer3d.scan(folder), None, None).partition("SEG")[2]
    (held,) = info_json(found, None, None)["objects"]
    assert held["segments"][1] == {"number": 2, "name": "Organ 2", "type": "Liver", "voxels": MASK.size, "ml": ml}
    assert any("no frame" in note for note in held["notes"])
    path = Path(one.file)
    path.write_bytes(path.read_bytes()[:-10])
    assert "cannot be read: " in info_text(viewer3d.scan(path), None, None)


def test_rois_that_are_asked_for_alone_are_measured(real: Callable[[str], Path]) -> None:
    path = real("ct_rtstruct") / "invalid_reference_rt.dcm"
    ml = viewer3d.load_structures(path).measure(1).ml
    assert f"1 ROI-1, 3 contours, {ml:.2f} ml" in info_text(viewer3d.scan(path), None, None)


def test_registrations_are_listed_with_the_series_that_they_lead_between(folder: Path) -> None:
    frame = viewer3d.load(folder / "ct").frame_of_reference
    write_phantom(folder / "mr", shape=(12, 10, 6), spacing=(9, 8, 5))
    rewrite(folder / "mr", SeriesInstanceUID="1.2.4", SeriesNumber=4, FrameOfReferenceUID="1.2.9.4")
    items = [
        registration_item(frame, np.eye(4), kind="RIGID"),
        registration_item("1.2.9.4", np.eye(4), kind="RIGID_SCALE"),
        registration_item("1.2.9.5", np.eye(4)),
        registration_item("", np.eye(4), kind=None),
    ]
    path = write_registration(folder / "reg.dcm", frame, items, SeriesDescription="Reg\x07istered")
    found = viewer3d.scan(folder)
    assert found.all_refused == ()
    one = found.objects[-1]
    assert (one.kind, one.size) == ("spatial registration", "4 transforms")
    row = list_text(found).splitlines()[-1]
    assert row.startswith("9 ")
    assert row.endswith("rigid, rigid and scale, affine, no type, from series 4 to series 2")
    told = info_text(found, "9", None)
    assert "leads       from series 4 to series 2" in told
    assert f"viewer3d.load_transform({str(path)!r}, base, overlay)" in told
    assert "1 rigid, from series 2" in told
    assert "2 rigid and scale, from series 4" in told
    assert "3 affine, from a frame of reference of no series here" in told
    assert "4 no type, of images that do not name their frame of reference" in told
    assert frame not in told
    (held,) = info_json(found, "9", None)["objects"]
    assert held["leads_to"] == [found[0].uid]
    assert [item["leads_from"] for item in held["transforms"]] == [[found[0].uid], ["1.2.4"], [], []]
    assert viewer3d.load(folder, series=2).digest == viewer3d.load(folder / "ct").digest
    with pytest.raises(NoVolumeError, match=r"spatial registration .*reg.dcm, which viewer3d.load_transform reads"):
        viewer3d.load(path)
    (folder / "reg.dcm").write_bytes(path.read_bytes()[:-300])
    list_text(viewer3d.scan(folder))


def test_a_folder_of_segmentations_alone_has_no_volume_and_says_what_reads_them(folder: Path) -> None:
    path = folder / "own.dcm"
    with pytest.raises(NoVolumeError, match=r"segmentation .*own.dcm, which viewer3d.load_segmentation reads"):
        viewer3d.load(path)
    assert "8 segments" in info_text(viewer3d.scan(path), None, None)


def test_a_damaged_segmentation_is_listed_without_its_segments(tmp_path: Path) -> None:
    dataset = seg([(1, 0, MASK)])
    del dataset.SegmentSequence, dataset.PixelData
    (one,) = viewer3d.scan(save(dataset, tmp_path)).objects
    assert one.size == "0 segments"
