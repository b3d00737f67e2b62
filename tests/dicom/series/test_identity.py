"""Who the patient is: only where it was asked for; and what is said of pixels that may name them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from viewer3d import load, load_all, phantom, scan
from viewer3d.core.provenance import Provenance
from viewer3d.dicom.series.identity import NOBODY, series_digest
from viewer3d.phantom import Faults

SMALL: dict[str, Any] = {"shape": (16, 12, 4), "spacing": (9.0, 8.0, 6.0)}
Real = Callable[[str], Path]


def written(folder: Path, faults: Faults | None = None, **tags: object) -> Path:
    """Write the phantom with some tags changed in every file."""
    for path in phantom.write(folder, faults=faults, **SMALL):
        dataset = dcmread(path)
        for keyword, value in tags.items():
            setattr(dataset, keyword, value)
        dataset.save_as(path)
    return folder


def test_nobody_is_named_unless_asked(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", PatientName="Doe^Jane^^Dr", PatientID="7-42", StudyDate="20010203")
    assert load(folder).identity == ()
    named = load(folder, identify=True)
    assert named.identity == ("Doe, Jane", "ID 7-42", "2001-02-03")
    assert all(word not in repr(named) for word in ("Doe", "7-42", "2001"))
    assert load_all(folder, identify=True)[0].identity == named.identity


def test_a_name_in_other_letters(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", SpecificCharacterSet="ISO_IR 192", PatientName="Müller^Änne=山田^花子")
    assert load(folder, identify=True).identity[0] == "Müller, Änne (山田 花子)"


def test_datasets_and_a_zip_are_named_too(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", PatientName="Doe^Jane")
    datasets = [dcmread(path) for path in sorted(folder.iterdir())]
    assert load(datasets, identify=True).identity[0] == "Doe, Jane"


@pytest.mark.parametrize("value", ["", None])
def test_files_that_name_nobody_are_noted(value: str | None, tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", PatientName=value, PatientID=value, StudyDate=value, SeriesDate=value)
    volume = load(folder, identify=True)
    assert volume.identity == ()
    assert NOBODY in volume.notes
    assert NOBODY not in load(folder).notes


def test_a_strange_name_stays_one_line(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", PatientName="A\x07B^\tC", PatientID="^")
    assert load(folder, identify=True).identity[:2] == ("A B,  C", "ID ^")


@pytest.mark.parametrize(("value", "told"), [("YES", True), ("NO", False), (None, False)])
@pytest.mark.parametrize("compressed", [False, True])
def test_burned_in_text_is_noted(value: str | None, told: bool, compressed: bool, tmp_path: Path) -> None:
    faults = Faults(syntax="RLELossless") if compressed else None
    folder = written(tmp_path / "ct", faults, **({"BurnedInAnnotation": value} if value else {}))
    notes = [note for note in load(folder).notes if "Burned In Annotation (0028,0301) is YES in 4 of 4" in note]
    assert bool(notes) == told


def test_burned_in_text_of_an_enhanced_file_is_noted(tmp_path: Path) -> None:
    path = phantom.write_enhanced(tmp_path / "ct.dcm", **SMALL)
    assert load(path).notes == ()
    dataset = dcmread(path)
    dataset.BurnedInAnnotation = "YES"
    dataset.save_as(path)
    assert "Burned In Annotation" in " ".join(load(path).notes)


def test_a_volume_knows_its_series_by_digest_alone(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct")
    found = scan(folder)
    made = load(folder).provenance
    assert made == Provenance(hashlib.sha256(f"{found[0].uid}\n\n".encode()).hexdigest())
    assert load(folder, irregular="keep", skip_bad=True).provenance == Provenance(made.series, "keep", skip_bad=True)


def test_the_times_of_one_series_have_digests_of_their_own(real: Real) -> None:
    found = scan(real("mr_4d_ge"))
    digests = [series_digest(series, stack) for series in found for stack in series.stacks]
    assert len(set(digests)) == len(digests) == 2
    assert [volume.provenance.series for volume in load_all(found)] == digests  # type: ignore[union-attr]


def test_a_spacing_given_by_hand_is_kept(tmp_path: Path) -> None:
    folder = written(tmp_path / "ct", Faults(without=("ImagePositionPatient",)))
    made = load(folder, spacing=(1.0, 2.0, 3.0)).provenance
    assert made is not None
    assert made.spacing == (9.0, 8.0, 3.0)  # the files have a Pixel Spacing, which stays
