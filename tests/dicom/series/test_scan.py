"""Which files are one series: those of one Series Instance UID, else those of one study, number and modality."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import Dataset

import viewer3d
from tests.dicom.small import firsts, image, save
from tests.phantom_files import write_phantom
from viewer3d.dicom.series.scan import input_paths


def stacks(**tags: tuple[object, object]) -> list[Dataset]:
    """Return two stacks of three slices 4 mm apart, the second between the slices of the first."""
    return [
        image(1000 * half + 10 * k, (0, 0, 4 * k + 2 * half), **{name: values[half] for name, values in tags.items()})
        for half in (0, 1)
        for k in range(3)
    ]


@pytest.mark.parametrize(
    ("keyword", "values"),
    [("StudyInstanceUID", ("1.2.7.1", "1.2.7.2")), ("SeriesNumber", (1, 2)), ("Modality", ("CT", "MR"))],
)
def test_files_without_a_series_uid_are_parted_by_study_number_and_modality(
    keyword: str, values: tuple[object, object], tmp_path: Path
) -> None:
    found = viewer3d.scan(save(tmp_path, stacks(SeriesInstanceUID=(None, None), **{keyword: values})))
    assert len(found) == 2
    volumes = viewer3d.load_all(found)
    assert sorted(firsts(volume) for volume in volumes) == [[0, 10, 20], [1000, 1010, 1020]]
    assert [volume.spacing[2] for volume in volumes] == [4, 4]


def test_files_of_one_series_uid_are_one_series_whatever_else_they_say(tmp_path: Path) -> None:
    images = stacks(StudyInstanceUID=("1.2.7.1", "1.2.7.2"), SeriesNumber=(1, 2), Modality=("CT", "CT"))
    (series,) = viewer3d.scan(save(tmp_path, images))
    assert series.files == 6


def test_the_paths_of_what_was_read(tmp_path: Path) -> None:
    paths = write_phantom(tmp_path, shape=(20, 18, 4), spacing=(9, 8, 7))
    assert sorted(input_paths(viewer3d.scan(tmp_path))) == sorted(map(str, paths))
