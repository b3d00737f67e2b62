"""What can be opened at a place, in words and as volumes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.core.members import member_text
from viewer3d.dicom.series.catalog import CatalogRequest, build_catalog
from viewer3d.errors import BadFileError, ChoiceError, LimitError
from viewer3d.phantom import Faults

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}


def nothing(*_):
    pass


@pytest.fixture
def two(tmp_path):
    write_phantom(tmp_path, faults=Faults(second_series=True), **SMALL)
    return tmp_path


def test_entries_say_what_they_are_and_load(two):
    told = []
    catalog = build_catalog(two, CatalogRequest(), lambda *step: told.append(step[0]))
    assert [(one.title, one.size) for one in catalog.entries] == [("2  CT", "34 x 30 x 12"), ("3  CT", "34 x 30 x 6")]
    assert catalog.first == 0
    (volume,) = catalog.entries[1].load(lambda *step: told.append(step[0]))
    assert volume.shape == (34, 30, 6)
    assert set(told) == {"headers", "slices"}


def test_what_is_wished_for_is_first(two):
    assert build_catalog(two, CatalogRequest(series=3), nothing).first == 1
    with pytest.raises(ChoiceError):
        build_catalog(two, CatalogRequest(series=7), nothing)


def test_a_4d_series_is_one_entry_and_one_time_of_it_another(real):
    path = real("mr_4d_ge")
    (entry,) = build_catalog(path, CatalogRequest(), nothing).entries
    assert entry.size == "64 x 64 x 4, 2 times"
    assert [volume.which for volume in entry.load(nothing)] == [{"time": 0.0}, {"time": 1.0}]
    catalog = build_catalog(path, CatalogRequest(which={"time": "1"}), nothing)
    assert (len(catalog.entries), catalog.first) == (2, 0)
    assert [volume.which for volume in catalog.entries[0].load(nothing)] == [{"time": 1.0}]


def test_what_tells_entries_of_one_series_is_in_their_description(real):
    catalog = build_catalog(real("mr_3plane_localizer"), CatalogRequest(), nothing)
    assert [entry.description.rpartition(", ")[2] for entry in catalog.entries] == ["coronal", "sagittal", "axial"]


def test_thumbnails_are_small_and_true_to_proportion(two):
    picture = build_catalog(two, CatalogRequest(), nothing).entries[0].thumbnail()
    assert picture.dtype == np.uint8
    assert picture.shape == (round(128 * 30 * 8 / (34 * 9)), 128)
    assert picture.max() > 100


def test_too_little_memory_is_told(two, monkeypatch):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr("viewer3d.dicom.series.catalog.read_stacks", full)
    with pytest.raises(LimitError, match=r"series 2 CT.*not enough memory"):
        build_catalog(two, CatalogRequest(), nothing).entries[0].load(nothing)


def test_how_it_is_read_is_as_wished(tmp_path):
    write_phantom(tmp_path, faults=Faults(truncated=(4,)), **SMALL)
    with pytest.raises(BadFileError, match="truncated"):
        build_catalog(tmp_path, CatalogRequest(), nothing).entries[0].load(nothing)
    request = CatalogRequest(how=type(CatalogRequest().how)(skip_bad=True))
    (volume,) = build_catalog(tmp_path, request, nothing).entries[0].load(nothing)
    assert any("left out" in note or "truncated" in note for note in volume.notes)


def times(folder, without=(), slices=6):
    """Write five times of a series, each frame but those of some (time, slice)."""
    uids = [generate_uid() for _ in range(3)]
    for t, k in itertools.product(range(5), range(slices)):
        if (t, k) in without:
            continue
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", generate_uid()
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = uids
        ds.Modality, ds.SeriesNumber, ds.ImageType = "MR", 7, ["ORIGINAL", "PRIMARY", "M"]
        ds.TemporalPositionIdentifier, ds.InstanceNumber = t + 1, t * slices + k + 1
        ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 3 * k], [1, 0, 0, 0, 1, 0]
        ds.Rows, ds.Columns, ds.PixelSpacing = 8, 10, [2, 2]
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
        ds.PixelData = np.full((8, 10), 100 * (t + 1) + k, np.uint16).tobytes()
        ds.save_as(folder / f"{t}_{k}.dcm", enforce_file_format=True)
    return folder


@pytest.mark.parametrize("missing", [(0, 2), (1, 2), (3, 4)])
def test_a_time_that_lacks_a_slice_in_between_is_played_in_its_place(tmp_path, missing):
    path = times(tmp_path, without=[missing])
    (entry,) = build_catalog(path, CatalogRequest(), nothing).entries
    assert entry.size == "10 x 8 x 6, 5 times"
    for volumes in (entry.load(nothing), viewer3d.load_all(path)):
        movie = viewer3d.figures.times(volumes)
        assert [volumes[state.look.member].which["time"] for state in movie.states] == [0, 1, 2, 3, 4]
        assert [volumes[state.look.member].voxels[0, 0, 0] for state in movie.states] == [100, 200, 300, 400, 500]


@pytest.mark.parametrize(("time", "missing"), [(2, 5), (2, 0), (0, 5)])
def test_a_time_of_another_grid_is_told_and_keeps_its_number(tmp_path, time, missing):
    catalog = build_catalog(times(tmp_path, without=[(time, missing)]), CatalogRequest(), nothing)
    rest, alone = catalog.entries
    assert (rest.size, alone.size) == ("10 x 8 x 6, 4 of 5 times", "10 x 8 x 5")
    assert alone.description == f"time {time + 1} of 5"
    volumes = rest.load(nothing)
    numbers = [n for n in range(5) if n != time]
    assert [volume.which["time"] for volume in volumes] == numbers
    told = [member_text([volume.which for volume in volumes], n) for n in range(4)]
    assert told == [f"time {n + 1} of 5" for n in numbers]
    expected = (
        f"time {time + 1} of 5 is not shown with the others, for it is on another grid: "
        "10 x 8 x 5 instead of 10 x 8 x 6"
    )
    assert all(expected in volume.notes for volume in volumes)
    assert not any("another grid" in note for note in alone.load(nothing)[0].notes)


def test_files_that_are_not_dicom_are_offered_below_the_series(two):
    small = viewer3d.Volume.from_array(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4))
    other = viewer3d.Volume.from_array(small.voxels[::-1], np.eye(4))
    viewer3d.save(small, two / "b.nii.gz", sidecar=False)
    viewer3d.save(other, two / "a.nrrd")
    catalog = build_catalog(two, CatalogRequest(), nothing)
    assert [(one.title, one.description) for one in catalog.entries[2:]] == [("NRRD", "a.nrrd"), ("NIfTI", "b.nii.gz")]
    assert (len(catalog.entries), catalog.first) == (4, 0)  # DICOM is meant where it is not said
    assert [one.load(nothing)[0].digest for one in catalog.entries[2:]] == [other.digest, small.digest]
    assert catalog.entries[3].thumbnail().dtype == np.uint8
    saved = viewer3d.load(two / "b.nii.gz").provenance.series
    assert build_catalog(two, CatalogRequest(digests=(saved,)), nothing).first == 3
    assert build_catalog(two, CatalogRequest(series=3, digests=(saved,)), nothing).first == 1
    assert build_catalog(two, CatalogRequest(digests=("0" * 64,)), nothing).first == 0


def test_of_several_files_that_of_a_saved_view_is_first(tmp_path):
    for number, shape in enumerate(((3, 4, 5), (6, 7, 8), (3, 4, 5))):
        values = np.arange(np.prod(shape), dtype=np.int16).reshape(shape) + number
        viewer3d.save(viewer3d.Volume.from_array(values, np.eye(4)), tmp_path / f"{number}.npz")
    (tmp_path / "3.mha").write_bytes((tmp_path / "0.npz").read_bytes())  # a damaged one is passed over
    assert build_catalog(tmp_path, CatalogRequest(), nothing).first == 1  # the largest
    saved = viewer3d.load(tmp_path / "2.npz").provenance.series
    assert build_catalog(tmp_path, CatalogRequest(digests=(saved,)), nothing).first == 2
