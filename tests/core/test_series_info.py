"""What is known of a volume's series: one value, readable on the volume."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace
from hashlib import sha256
from types import FunctionType

import numpy as np
import pytest

from viewer3d.core.grids.place_errors import PlaceErrors
from viewer3d.core.provenance import Provenance
from viewer3d.core.series_info import INFO_FIELDS, SeriesInfo
from viewer3d.core.volume import Volume, begin_volume_digest
from viewer3d.core.window import Window
from viewer3d.errors import ViewError

UID = "1.2.826.0.1.52"
INFO = SeriesInfo(
    notes=("One slice is missing.",),
    modality="PT",
    description="Thorax",
    inverted=True,
    windows=(Window(40, 400),),
    background=-2000.0,
    provenance=Provenance("0f" * 32),
    identity=("Doe, Jane",),
    which={"time": 2.0},
    patient_position="FFS",
    frame_of_reference=UID,
    seconds=2.5,
    gradient=(0.0, 0.6, 0.8),
    acquisition={"EchoTime": 0.03},
    of_series=("1.2.3",),
    place_errors=PlaceErrors(residual_mm=0.25),
)


def test_each_field_is_readable_on_the_volume() -> None:
    volume = Volume.from_array(np.zeros((2, 3, 4)), np.eye(4), info=INFO)
    assert {name: getattr(volume, name) for name in INFO_FIELDS} == {name: getattr(INFO, name) for name in INFO_FIELDS}
    assert all(getattr(INFO, one.name) != getattr(SeriesInfo(), one.name) for one in fields(INFO)), "tests each field"


def test_fields_are_given_by_keyword_and_replaced() -> None:
    volume = Volume.from_array(np.ones((2, 3, 4)), np.eye(4), unit="HU", info=INFO, modality="CT", windows=[])
    assert volume.info == replace(INFO, modality="CT", windows=())
    other = volume.with_info(notes=["a"], frame_of_reference="")
    assert (other.notes, other.frame_of_reference, other.modality, other.unit) == (("a",), "", "CT", "HU")
    assert np.shares_memory(other.voxels, volume.voxels)
    assert volume.notes == INFO.notes


def test_what_was_found_of_the_voxels_alone_is_not_found_again() -> None:
    volume = Volume.from_array(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4), modality="CT", unit="HU")
    before = volume.digest, volume.sample(), volume.default_window
    other = volume.with_info(modality="MR", windows=(Window(1, 2),))
    assert other.digest is before[0]
    assert other.sample() is before[1]
    begin_volume_digest(other)
    assert not any(isinstance(one, FunctionType) for one in other._made.values())  # none is begun again
    assert other.default_window == Window(1, 2) != before[2]


@pytest.mark.parametrize(
    ("name", "meant"), [("modalty", "did you mean modality?"), ("frame", "give one of"), ("unit", "give one of notes")]
)
def test_a_field_that_is_none_is_named_with_the_nearest(name: str, meant: str) -> None:
    volume = Volume.from_array(np.ones((2, 3, 4)), np.eye(4))
    with pytest.raises(ViewError, match="with_info has no option") as told:
        volume.with_info(**{name: "CT"})
    assert meant in str(told.value)


def test_a_note_cannot_steer_a_terminal() -> None:
    assert SeriesInfo(notes=("a\x1b[31m",)).notes == ("a\\x1b[31m",)


def test_the_frame_of_reference_is_told_by_its_digest_alone() -> None:
    volume = Volume.from_array(np.ones((2, 3, 4)), np.eye(4), info=INFO)
    assert volume.frame_of_reference_digest == sha256(f"{UID}\n".encode()).hexdigest()
    assert volume.with_info(frame_of_reference="").frame_of_reference_digest == ""
    assert UID not in repr(volume)
    assert UID not in repr(INFO)


def test_it_can_be_hashed_and_sent() -> None:
    assert hash(INFO) == hash(replace(INFO))
    assert pickle.loads(pickle.dumps(INFO)) == INFO
