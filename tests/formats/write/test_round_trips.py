"""Volumes written and read by other programs: every voxel equal, every corner where it was."""

from __future__ import annotations

import gzip
import json
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

import viewer3d
from tests.dicom.made import image
from tests.phantom_files import write_phantom
from viewer3d import Geometry, Volume, load, load_all, phantom
from viewer3d.core.geometry import to_ras
from viewer3d.formats.save import VOLUMES, WRITERS
from viewer3d.phantom import Faults

nibabel = pytest.importorskip("nibabel")
nrrd = pytest.importorskip("nrrd")

IDENTITY = (b"Phantom^Viewer3D", b"PHANTOM", b"Phantom", b"2.25.")
"""What names the patient of the phantom, or the examination."""

MM = 1e-3
MM_OF_QFORM = 0.02


def turned(*degrees: float) -> np.ndarray:
    a, b = np.radians(degrees)
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return np.asarray(about_z @ about_x)


SAGITTAL = np.array([[0.0, 0, -1], [1, 0, 0], [0, -1, 0]])
SMALL: dict[str, Any] = {"shape": (14, 12, 6), "spacing": (20.0, 22.0, 40.0)}


def tilted(folder: Path) -> Volume:
    write_phantom(folder, **SMALL, faults=Faults(tilt=15))
    return load(folder)


def pet(folder: Path) -> Volume:
    phantom.write_pet(folder, shape=(12, 11, 5), spacing=(24, 26, 60))
    return load(folder)


def left_handed(_folder: Path) -> Volume:
    values = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    affine = np.eye(4)
    affine[:3] = np.column_stack([turned(10, 20) * (1, 1, -2.5), (5, -7, 900)])
    return Volume.from_array(values, affine, unit="HU")


INPUTS: dict[str, Callable[[Path], Volume]] = {
    "axial": lambda _: phantom.volume(**SMALL),
    "sagittal": lambda _: phantom.volume(**SMALL, direction=SAGITTAL),
    "oblique": lambda _: phantom.volume(**SMALL, direction=turned(25, -40), center=(30, -400, 1200)),
    "tilted": tilted,
    "pet": pet,
    "left-handed": left_handed,
}


@pytest.fixture(params=list(INPUTS))
def volume(request: pytest.FixtureRequest, tmp_path: Path) -> Volume:
    made = INPUTS[request.param](tmp_path / "in")
    assert np.linalg.det(made.affine[:3, :3]) > 0
    return made


def off(volume: Volume, affine: Any) -> float:
    """How far the corners of an affine are from those of the volume, in mm."""
    return float(np.abs(Geometry(np.asarray(affine), volume.shape).corners - volume.geometry.corners).max())


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_nibabel_reads_the_voxels_and_both_places(volume: Volume, suffix: str, tmp_path: Path) -> None:
    saved = viewer3d.save(volume, tmp_path / f"a{suffix}")
    found = nibabel.load(saved)
    values = np.asanyarray(found.dataobj)
    assert values.dtype == volume.voxels.dtype
    assert np.array_equal(values, volume.voxels)
    (sform, scode), (qform, qcode) = (found.header.get_sform(coded=True), found.header.get_qform(coded=True))
    assert (scode, qcode) == (1, 1)
    assert off(volume, to_ras(sform)) < MM
    assert off(volume, to_ras(qform)) < MM_OF_QFORM
    packed = saved.path.read_bytes()
    header = gzip.decompress(packed) if suffix.endswith("gz") else packed
    assert struct.unpack_from("<2f", header, 112) == (1.0, 0.0)  # slope and intercept
    assert found.header.get_xyzt_units() == ("mm", "unknown")
    assert found.header.get_zooms() == pytest.approx(volume.spacing, rel=1e-6)
    for name in ("descrip", "aux_file", "intent_name", "db_name"):
        assert bytes(found.header[name]).strip(b"\0") == b""


@pytest.mark.parametrize("suffix", list(WRITERS[VOLUMES]))
def test_what_was_saved_is_loaded_as_it_was(volume: Volume, suffix: str, tmp_path: Path) -> None:
    saved = viewer3d.save(volume, tmp_path / f"a{suffix}")
    found = load(saved.path)
    assert found.voxels.dtype == volume.voxels.dtype
    assert np.array_equal(found.voxels, volume.voxels)
    assert off(volume, found.affine) < MM
    assert [note for note in found.notes if "names no unit" not in note] == []
    if suffix not in (".mha", ".mhd"):  # of NIfTI the side car has it
        assert (found.unit, found.notes) == (volume.unit, ())


def test_pynrrd_reads_lps(volume: Volume, tmp_path: Path) -> None:
    values, header = nrrd.read(str(viewer3d.save(volume, tmp_path / "a.nrrd").path), index_order="F")
    assert np.array_equal(values, volume.voxels)
    assert header["space"] == "left-posterior-superior"
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = header["space directions"].T, header["space origin"]
    assert off(volume, affine) < 1e-9
    assert header.get("sample units", "") == volume.unit


def test_vtk_reads_vti(volume: Volume, tmp_path: Path) -> None:
    import pyvista

    grid = pyvista.read(str(viewer3d.save(volume, tmp_path / "a.vti").path))
    assert grid.dimensions == volume.shape
    assert np.array_equal(grid.point_data[volume.unit].reshape(volume.shape, order="F"), volume.voxels)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = grid.direction_matrix * grid.spacing, grid.origin
    assert off(volume, affine) < 1e-9


def test_numpy_reads_npz(volume: Volume, tmp_path: Path) -> None:
    with np.load(viewer3d.save(volume, tmp_path / "a.npz").path) as held:
        assert np.array_equal(held["voxels"], volume.voxels)
        assert np.array_equal(held["affine"], volume.affine)
        assert (str(held["unit"]), str(held["modality"]), int(held["version"])) == (volume.unit, volume.modality, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".nii", {}),
        (".nii.gz", {}),
        *((suffix, {"compress": is_so}) for suffix in (".nrrd", ".nhdr", ".mha", ".mhd") for is_so in (True, False)),
    ],
)
def test_simpleitk_reads_the_same(volume: Volume, suffix: str, options: dict[str, Any], tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    found = sitk.ReadImage(str(viewer3d.save(volume, tmp_path / f"a{suffix}", **options).path))
    values = sitk.GetArrayFromImage(found).transpose(2, 1, 0)
    assert values.dtype == volume.voxels.dtype
    assert np.array_equal(values, volume.voxels)
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(found.GetDirection(), (3, 3)) * found.GetSpacing()
    affine[:3, 3] = found.GetOrigin()
    assert off(volume, affine) < MM


@pytest.mark.parametrize("suffix", list(WRITERS[VOLUMES]))
def test_nothing_names_the_patient(suffix: str, tmp_path: Path) -> None:
    write_phantom(tmp_path / "in", **SMALL)
    for path in (tmp_path / "in").iterdir():  # whose scanner has the name of the patient
        dataset = dcmread(path)
        dataset.ManufacturerModelName = "Scanner"
        dataset.save_as(path)
    volume = load(tmp_path / "in", identify=True)
    assert "Phantom" in " ".join(volume.identity)
    (tmp_path / "out").mkdir()
    for path in viewer3d.save(volume, tmp_path / "out" / f"a{suffix}").files:
        content = path.read_bytes()
        plain = content if path.suffix != ".gz" else gzip.decompress(content)
        assert [word for word in (*IDENTITY, volume.frame_of_reference.encode()) if word in plain] == []
        assert b"in/" not in plain


def times(seconds: list[float]) -> list[Volume]:
    grid = phantom.volume(**SMALL, direction=turned(25, -40))
    return [
        Volume(grid.voxels + np.int16(n), grid.geometry, "HU").with_info(which={"time": float(n)}, seconds=one)
        for n, one in enumerate(seconds)
    ]


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd", ".npz"])
def test_times_go_into_one_file_with_their_seconds(suffix: str, tmp_path: Path) -> None:
    volumes = times([0, 2.5, 5])
    saved = viewer3d.save(volumes, tmp_path / f"a{suffix}")
    found = load_all(saved.path)
    assert [np.array_equal(one.voxels, own.voxels) for one, own in zip(found, volumes, strict=True)] == [True] * 3
    assert off(volumes[0], found[0].affine) < MM
    if suffix.startswith(".nii"):
        header = nibabel.load(saved).header
        assert header.get_zooms()[3] == 2.5
        assert header.get_xyzt_units() == ("mm", "sec")
    if not suffix.startswith(".mh"):  # which has a spacing there and no unit of it
        assert [one.which["time"] for one in found] == [0, 2.5, 5]


def test_uneven_times_are_refused_where_there_is_one_step_and_kept_where_there_is_not(tmp_path: Path) -> None:
    volumes = times([0, 2, 5])
    for suffix in (".nii", ".nrrd", ".mha"):
        with pytest.raises(viewer3d.errors.OutputError, match=r"are 2 to 3 s apart.*: give time_step"):
            viewer3d.save(volumes, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []
    viewer3d.save(volumes, tmp_path / "a.nii", time_step=2.5, sidecar=False)
    assert nibabel.load(tmp_path / "a.nii").header.get_zooms()[3] == 2.5
    viewer3d.save(volumes, tmp_path / "a.npz")
    assert [one.which["time"] for one in load_all(tmp_path / "a.npz")] == [0, 2, 5]


def test_times_that_are_not_known_are_told(tmp_path: Path) -> None:
    volumes = [one.with_info(seconds=None) for one in times([0, 1])]
    saved = viewer3d.save(volumes, tmp_path / "a.nii.gz")
    assert "time between the volumes is not known" in saved.notes[0]
    assert nibabel.load(saved).header.get_xyzt_units() == ("mm", "unknown")


def test_seconds_of_times_are_those_of_the_headers(tmp_path: Path) -> None:
    clock = ("095958", "100000.5", "100003")
    made = [image(1 + v * 4 + k, k, 100 * v, AcquisitionTime=clock[v]) for v in range(3) for k in range(4)]
    volumes = load_all(made)
    assert [one.seconds for one in volumes] == [0, 2.5, 5]
    saved = viewer3d.save(volumes, tmp_path / "a.nii")
    assert (saved.notes, nibabel.load(saved).header.get_zooms()[3]) == ((), 2.5)


DIFFUSION: tuple[dict[str, Any], ...] = (
    {"DiffusionBValue": 0.0},
    {"DiffusionBValue": 1000.0, "DiffusionGradientOrientation": [1.0, 0.0, 0.0]},
    {"DiffusionBValue": 1000.0, "DiffusionGradientOrientation": [0.0, 0.6, 0.8]},
    {"DiffusionBValue": 2000.0, "DiffusionGradientOrientation": [0.0, 0.0, -1.0]},
)
CORONAL = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]


def test_diffusion_has_its_values_and_directions_beside_it_as_fsl_has_them(tmp_path: Path) -> None:
    made = [image(1 + v * 4 + k, k, 100 * v, **own) for v, own in enumerate(DIFFUSION) for k in range(4)]
    for one in made:
        one.ImageOrientationPatient, one.ImagePositionPatient = CORONAL, [0, one.ImagePositionPatient[2], 0]
    saved = viewer3d.save(load_all(made), tmp_path / "dwi.nii.gz")
    assert [path.name for path in saved.files] == ["dwi.nii.gz", "dwi.bval", "dwi.bvec", "dwi.json"]
    assert (tmp_path / "dwi.bval").read_text().split() == ["0", "1000", "1000", "2000"]
    bvecs = np.loadtxt(tmp_path / "dwi.bvec")
    assert bvecs.shape == (3, 4)
    affine = nibabel.load(saved).affine
    assert np.linalg.det(affine) > 0
    # FSL's x is reversed where the determinant is positive; back in the patient they are those of the headers.
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    told = to_ras((axes @ (bvecs * [[-1], [1], [1]])).T)
    meant = [own.get("DiffusionGradientOrientation", [0, 0, 0]) for own in DIFFUSION]
    assert np.allclose(told, meant, atol=1e-4)


@pytest.mark.slow
def test_dcm2niix_writes_the_same_values_and_directions(tmp_path: Path) -> None:
    """It reverses rows, so both are brought into the patient."""
    if shutil.which("dcm2niix") is None:
        pytest.skip("no dcm2niix")
    for name in ("in", "peer", "own"):
        (tmp_path / name).mkdir()
    for v, own in enumerate(DIFFUSION):
        for k in range(4):
            one = image(1 + v * 4 + k, k, 100 * v, **own)
            one.Manufacturer = "SIEMENS"
            one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            one.save_as(tmp_path / "in" / f"{v}-{k}.dcm", enforce_file_format=True)
    subprocess.run(["dcm2niix", "-f", "a", "-o", tmp_path / "peer", tmp_path / "in"], check=True, capture_output=True)
    viewer3d.save(load_all(tmp_path / "in"), tmp_path / "own" / "a.nii")
    world = []
    for name in ("peer", "own"):
        found = nibabel.load(tmp_path / name / "a.nii")
        axes = found.affine[:3, :3] / np.linalg.norm(found.affine[:3, :3], axis=0)
        sign = -1 if np.linalg.det(found.affine) > 0 else 1
        vectors = (axes @ (np.loadtxt(tmp_path / name / "a.bvec") * [[sign], [1], [1]])).T
        values = np.loadtxt(tmp_path / name / "a.bval")
        means = np.asanyarray(found.dataobj).mean((0, 1, 2))
        world.append(np.column_stack([means, values, vectors])[np.argsort(means)])
    assert np.allclose(world[0], world[1], atol=1e-3)


def test_a_side_car_says_what_is_known_in_the_words_of_bids(tmp_path: Path) -> None:
    volume = pet(tmp_path / "in")
    saved = viewer3d.save(volume, tmp_path / "a.nii.gz")
    told = json.loads((tmp_path / "a.json").read_text())
    assert saved.files == (tmp_path / "a.nii.gz", tmp_path / "a.json")
    assert told["Modality"] == "PT"
    assert told["Units"] == volume.unit
    assert told["ImageOrientationPatientDICOM"] == [1, 0, 0, 0, 1, 0]
    assert volume.provenance is not None
    assert told["SeriesDigest"] == volume.provenance.series
    viewer3d.save(volume, tmp_path / "a.nii.gz")  # over its own
    (tmp_path / "a.json").write_text('{"of": "somebody else"}')
    before = (tmp_path / "a.nii.gz").read_bytes()
    with pytest.raises(viewer3d.errors.OutputError, match=r"a\.json: is there, and no side car of this program"):
        viewer3d.save(phantom.volume(**SMALL), tmp_path / "a.nii.gz")
    assert (tmp_path / "a.nii.gz").read_bytes() == before
    assert viewer3d.save(volume, tmp_path / "a.nii.gz", sidecar=False).files == (tmp_path / "a.nii.gz",)
