"""Sets of volumes as one derived series: told apart by times, b-values, echoes, or refused in words."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian

import viewer3d
from tests.cli.conftest import run
from tests.dicom.made import image
from tests.dicom.write.dciodvfy import errors_of
from viewer3d import Volume, load, load_all
from viewer3d.errors import OutputError, ViewError

CLOCK = ("100000", "100002.5", "100005")


def write(folder: Path, kinds: Sequence[dict[str, Any]], modality: str = "MR", **every: Any) -> Path:
    folder.mkdir()
    for v, own in enumerate(kinds):
        for k in range(3):
            one = image(1 + v * 3 + k, k, 100 * v + k, modality, **{"FrameOfReferenceUID": "1.2.9", **every, **own})
            one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            one.save_as(folder / f"{v}-{k}.dcm", enforce_file_format=True)
    return folder


def derived(
    volumes: list[Volume], source: Path, out: Path, **options: Any
) -> tuple[list[pydicom.Dataset], list[Volume]]:
    saved = viewer3d.save(volumes, f"{out}/", source=source, **options)
    return [pydicom.dcmread(path) for path in saved.files], load_all(saved.path)


def assert_same(found: list[Volume], wanted: list[Volume]) -> None:
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert np.array_equal(one.voxels, other.voxels)
        assert np.allclose(one.affine, other.affine, atol=1e-6)
        assert one.seconds == other.seconds
        assert (one.gradient is None) == (other.gradient is None)
        assert one.gradient is None or np.allclose(one.gradient, other.gradient, atol=1e-6)  # type: ignore[arg-type]


def test_times_become_temporal_positions_of_one_series(tmp_path: Path) -> None:
    source = write(tmp_path / "in", [{"AcquisitionTime": one, "AcquisitionDate": "20240105"} for one in CLOCK])
    volumes = load_all(source)
    images, found = derived(volumes, source, tmp_path / "out")
    assert len({one.SeriesInstanceUID for one in images}) == 1
    assert [one.InstanceNumber for one in images] == list(range(1, 10))
    assert [one.TemporalPositionIdentifier for one in images] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert {one.NumberOfTemporalPositions for one in images} == {3}
    assert {one.TemporalResolution for one in images} == {2500}
    assert [one.AcquisitionTime for one in images] == [clock for clock in CLOCK for _ in range(3)]
    sources = {(one.SourceImageSequence[0].ReferencedSOPInstanceUID, len(one.SourceImageSequence)) for one in images}
    assert len(sources) == 9
    assert_same(found, volumes)
    assert [one.which for one in found] == [one.which for one in volumes]
    images, found = derived(volumes, source, tmp_path / "nobody", identify=False)
    assert not any("AcquisitionTime" in one or "SourceImageSequence" in one for one in images)
    assert_same(found, [one.with_info(seconds=None) for one in volumes])


def test_volumes_of_a_ct_perfusion_are_cropped_and_stay_in_their_times(tmp_path: Path) -> None:
    source = write(tmp_path / "in", [{"AcquisitionTime": one} for one in CLOCK], "CT", RescaleType="HU", KVP=80)
    volumes = [one.crop((slice(1, 6), slice(0, 5), slice(1, 3))) for one in load_all(source)]
    images, found = derived(volumes, source, tmp_path / "out")
    assert {one.KVP for one in images} == {80}
    assert [one.AcquisitionTime for one in images] == [clock for clock in CLOCK for _ in range(2)]
    assert_same(found, volumes)


def test_b_values_and_directions_are_those_of_the_standard(tmp_path: Path) -> None:
    directions = ([1.0, 0.0, 0.0], [0.0, 0.6, 0.8])
    kinds: list[dict[str, Any]] = [{"DiffusionBValue": 0.0}]
    kinds += [{"DiffusionBValue": 1000.0, "DiffusionGradientOrientation": one} for one in directions]
    source = write(tmp_path / "in", kinds)
    volumes = load_all(source)
    images, found = derived(volumes, source, tmp_path / "out")
    assert [one.DiffusionBValue for one in images[::3]] == [0, 1000, 1000]
    assert [one.DiffusionDirectionality for one in images[::3]] == ["NONE", "DIRECTIONAL", "DIRECTIONAL"]
    assert [one.DiffusionGradientOrientation for one in images[3::3]] == list(directions)
    assert_same(found, volumes)
    assert [one.which["b_value"] for one in found] == [0, 1000, 1000]


@pytest.mark.parametrize(
    "kinds",
    [
        [{"EchoTime": 10.0, "EchoNumbers": 1}, {"EchoTime": 30.0, "EchoNumbers": 2}],
        [{"FlipAngle": 5}, {"FlipAngle": 26}],
        [{"ImageType": ["ORIGINAL", "PRIMARY", "M"]}, {"ImageType": ["ORIGINAL", "PRIMARY", "P"]}],
        [{"TriggerTime": 0}, {"TriggerTime": 40}, {"TriggerTime": 80}],
        [{"EchoTime": te, "AcquisitionTime": one} for te in (10.0, 30.0) for one in CLOCK],
    ],
)
def test_what_else_tells_volumes_apart_does_so_in_the_derived_series(
    kinds: list[dict[str, Any]], tmp_path: Path
) -> None:
    source = write(tmp_path / "in", kinds)
    volumes = load_all(source)
    assert len(volumes) == len(kinds)
    for turn, options in enumerate(({}, {"identify": False})):
        images, found = derived(volumes, source, tmp_path / str(turn), **options)
        assert len({one.SeriesInstanceUID for one in images}) == 1
        assert_same(found, [one if not options else one.with_info(seconds=None) for one in volumes])
        assert [one.which for one in found] == [one.which for one in volumes]


def test_what_no_attribute_can_say_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "in", [{"AcquisitionTime": one} for one in CLOCK])
    volumes = load_all(source)
    out = f"{tmp_path / 'out'}/"
    odd = [one.with_info(which={"phantom": n}) for n, one in enumerate(volumes)]
    with pytest.raises(OutputError, match="its volumes differ by phantom, for which a single-frame image has no attr"):
        viewer3d.save(odd, out, source=source)
    with pytest.raises(OutputError, match="nothing tells its 3 volumes apart"):
        viewer3d.save([one.with_info(which={}) for one in volumes], out, source=source)
    with pytest.raises(ViewError, match="is not on the grid"):
        viewer3d.save([volumes[0], volumes[1].resample(3)], out, source=source)
    assert not (tmp_path / "out").exists()


def test_float_values_of_one_kind_have_one_slope(tmp_path: Path) -> None:
    source = write(tmp_path / "in", [{"AcquisitionTime": one} for one in CLOCK])
    volumes = [
        Volume(one.voxels * np.float32(0.37), one.geometry, one.unit, one.info) for one in load_all(source)
    ]  # fmt: skip
    images, _ = derived(volumes, source, tmp_path / "out")
    assert len({one.RescaleSlope for one in images}) == 1
    told = viewer3d.save(volumes, f"{tmp_path / 'b'}/", source=source).notes[0]
    assert "differ by at most" in told


def test_a_4d_file_goes_back_to_the_series_it_was_made_of(tmp_path: Path) -> None:
    source = write(tmp_path / "in", [{"AcquisitionTime": one, "EchoTime": 30} for one in CLOCK])
    viewer3d.save(load_all(source), tmp_path / "a.nii.gz")
    words = ("convert", tmp_path / "a.nii.gz", "--all", "--source", source, "-o", f"{tmp_path / 'out'}/")
    done = run(*words)
    assert done.exit_code == 0, done.output
    found = load_all(tmp_path / "out")
    assert [one.seconds for one in found] == [0, 2.5, 5]
    images = [pydicom.dcmread(path) for path in sorted((tmp_path / "out").iterdir())]
    assert [one.AcquisitionTime for one in images] == [clock for clock in CLOCK for _ in range(3)]
    # Where there are fewer volumes than the series has, nothing says which its images are of.
    some = [one for one in load_all(tmp_path / "a.nii.gz") if one.which["time"]]
    images, found = derived(some, source, tmp_path / "some")
    assert [one.TemporalPositionIdentifier for one in images] == [1, 1, 1, 2, 2, 2]
    assert {one.EchoTime for one in images} == {30}
    assert not any("AcquisitionTime" in one for one in images)


def test_convert_writes_all_times_into_one_series(tmp_path: Path) -> None:
    source = write(tmp_path / "in", [{"AcquisitionTime": one} for one in CLOCK])
    done = run("convert", source, "--all", "-o", f"{tmp_path / 'out'}/")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == 9
    assert_same(load_all(tmp_path / "out"), load_all(source))
    assert load(tmp_path / "out", which={"time": 1}).voxels.mean() == 101


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mr_4d_ge", "mr_enh_philips"])
def test_dciodvfy_and_dcm2niix_of_real_sets(real: Callable[[str], Path], name: str, tmp_path: Path) -> None:
    if shutil.which("dcm2niix") is None:
        pytest.skip("no dcm2niix here: pip install dcm2niix")
    volumes = load_all(real(name))
    saved = viewer3d.save(volumes, f"{tmp_path / 'out'}/", source=real(name))
    source = next(path for path in sorted(real(name).rglob("*")) if path.is_file())
    assert (errors_of(saved.files[0]) | errors_of(saved.files[-1])) - errors_of(source) == set()
    (tmp_path / "nii").mkdir()
    subprocess.run(
        ["dcm2niix", "-f", "a", "-z", "n", "-o", tmp_path / "nii", saved.path], check=True, capture_output=True
    )
    found = [one for path in sorted((tmp_path / "nii").glob("*.nii")) for one in load_all(path)]
    assert len(found) == len(volumes)
    for one, other in zip(found, volumes, strict=True):
        error = np.abs(other.voxels).max() / 32767
        assert np.abs(one.geometry.corners.min(0) - other.geometry.corners.min(0)).max() < 0.02
        assert abs(float(one.voxels.mean()) - float(other.voxels.mean())) <= error
        assert abs(float(one.voxels.max()) - float(other.voxels.max())) <= error
