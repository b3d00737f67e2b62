"""Transforms in files: text, ITK and ANTs, with SimpleITK as the judge."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from viewer3d import errors
from viewer3d.core.layers import place_layers

POINTS = np.array([[0.0, 0, 0], [10, -20, 30], [-7, 3, 101], [55, 66, -77]])
SHEARED = np.array([[1.02, 0.05, 0.01], [-0.03, 0.98, 0.02], [0.01, -0.02, 1.1]])


def moved(matrix: Any, points: Any = POINTS) -> Any:
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def transforms(sitk: Any) -> dict[str, Any]:
    centre, shift = (10.0, 20.0, -30.0), (4.0, 5.0, 6.0)
    versor = (0.1, -0.2, 0.3, float(np.sqrt(1 - 0.14)))
    euler, last = (sitk.Euler3DTransform(centre, 0.1, 0.2, -0.3, shift) for _ in range(2))
    last.SetComputeZYX(True)
    affine = sitk.AffineTransform(SHEARED.ravel().tolist(), shift, centre)
    scaled = sitk.ScaleVersor3DTransform((1.1, 0.9, 1.2), versor, shift, centre)
    skewed = sitk.ScaleSkewVersor3DTransform((1.1, 0.9, 1.2), (0.01, 0.02, 0.03, 0.04, 0.05, 0.06), versor, shift)
    composed = sitk.ComposeScaleSkewVersor3DTransform((1.1, 0.9, 1.2), (0.01, 0.02, 0.03), versor, shift, centre)
    rigid = sitk.VersorRigid3DTransform(versor, shift, centre)
    return {
        "affine": affine,
        "euler": euler,
        "euler z y x": last,
        "versor": sitk.VersorTransform(versor, centre),
        "rigid": rigid,
        "similar": sitk.Similarity3DTransform(1.25, versor, shift, centre),
        "scale versor": scaled,
        "scale skew versor": skewed,
        "composed": composed,
        "scale": sitk.ScaleTransform(3, (1.1, 0.9, 1.2)),
        "translation": sitk.TranslationTransform(3, shift),
        "identity": sitk.Transform(),
        "composite": sitk.CompositeTransform([affine, euler, rigid]),
    }


NAMES = (
    *("affine", "euler", "euler z y x", "versor", "rigid", "similar", "scale versor", "scale skew versor", "composed"),
    *("scale", "translation", "identity", "composite"),
)


@pytest.mark.slow  # with the peers, which only the long tests have
@pytest.mark.parametrize(
    ("name", "suffix"),
    # A .mat file holds no parts, and no empty matrix that means anything.
    [(name, ".mat") for name in NAMES if name not in {"composite", "identity", "translation"}]
    + [(name, suffix) for name in NAMES for suffix in (".tfm", ".txt")],
)
def test_points_go_back_where_itk_brings_them_from(name: str, suffix: str, tmp_path: Path) -> None:
    """A transform of ITK brings points of the base to the overlay: ours brings them back."""
    sitk = pytest.importorskip("SimpleITK")
    transform = transforms(sitk)[name]
    file = tmp_path / f"a{suffix}"
    sitk.WriteTransform(transform, str(file))
    over = np.array([transform.TransformPoint(point) for point in POINTS.tolist()])
    matrix = viewer3d.load_transform(file)
    np.testing.assert_allclose(moved(matrix, over), POINTS, atol=1e-9)
    assert matrix.dtype == np.float64
    assert not matrix.flags.writeable


def test_a_quaternion_is_read(tmp_path: Path) -> None:
    """SimpleITK has none of its class; half a turn about z is known."""
    text = "#Insight Transform File V1.0\nTransform: QuaternionRigidTransform_double_3_3\n"
    (tmp_path / "q.tfm").write_text(text + "Parameters: 0 0 2 0 1 2 3\nFixedParameters: 0 0 0\n")
    np.testing.assert_allclose(viewer3d.load_transform(tmp_path / "q.tfm"), half_turn(), atol=1e-12)


def half_turn() -> Any:
    matrix = np.diag([-1.0, -1, 1, 1])
    matrix[:3, 3] = 1, 2, -3
    return matrix


def mat(*matrices: tuple[str, Any, str]) -> bytes:
    """A MATLAB level 4 file, as MathWorks describes it."""
    out = b""
    for name, values, dtype in matrices:
        array = np.asarray(values, dtype)
        kind = {"<f8": 0, "<f4": 10, ">f8": 1000, ">f4": 1010}[dtype]
        header = struct.pack(dtype[0] + "5i", kind, array.size, 1, 0, len(name) + 1)
        out += header + name.encode() + b"\0" + array.tobytes()
    return out


AFFINE = [*np.eye(3).ravel(), 1, 2, 3]


@pytest.mark.parametrize("dtype", ["<f8", "<f4", ">f8", ">f4"])
def test_a_mat_file_is_read_in_each_order_and_precision(dtype: str, tmp_path: Path) -> None:
    data = mat(("MatrixOffsetTransformBase_double_3_3", AFFINE, dtype), ("fixed", [7, 8, 9], dtype))
    (tmp_path / "0GenericAffine.mat").write_bytes(data)
    matrix = viewer3d.load_transform(tmp_path / "0GenericAffine.mat")
    np.testing.assert_allclose(matrix[:3], np.c_[np.eye(3), (-1, -2, -3)])


ITK = "#Insight Transform File V1.0\n"
GOOD = "Transform: AffineTransform_double_3_3\nParameters: 1 0 0 0 1 0 0 0 1 1 2 3\nFixedParameters: 0 0 0\n"
BAD: dict[str, tuple[str, bytes, str]] = {
    "deformable": (".tfm", f"{ITK}Transform: BSplineTransform_double_3_3\nParameters: 0\n".encode(), "is deformable"),
    "a field": (".txt", f"{ITK}Transform: DisplacementFieldTransform_double_3_3\n".encode(), "is deformable"),
    "in a composite": (
        ".tfm",
        f"{ITK}Transform: CompositeTransform_double_3_3\n{GOOD}Transform: BSplineTransform_double_3_3\n".encode(),
        "is deformable",
    ),
    "flat": (".tfm", (ITK + GOOD.replace("3_3", "2_2")).encode(), "in 3D it has 12 and 3"),
    "too few": (".tfm", (ITK + GOOD.replace(" 1 2 3\n", "\n")).encode(), "has 9 parameters"),
    "no kind": (".tfm", f"{ITK}Transform: WarpTransform_double_3_3\n".encode(), "holds a WarpTransform"),
    "two": (".tfm", (ITK + GOOD + GOOD).encode(), "holds 2 transforms"),
    "none": (".tfm", ITK.encode(), "holds no transform"),
    "words": (".tfm", (ITK + GOOD.replace("1 2 3", "1 2 x")).encode(), "are no numbers"),
    "nan": (".tfm", (ITK + GOOD.replace("1 2 3", "1 2 nan")).encode(), "not a finite 4 x 4"),
    "singular": (".tfm", (ITK + GOOD.replace("1 0 0 0 1", "0 0 0 0 1")).encode(), "singular"),
    "mirror": (".tfm", (ITK + GOOD.replace("1 0 0 0 1", "-1 0 0 0 1")).encode(), "mirrors"),
    "fsl": (".mat", b"1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n", "FSL's are not in LPS mm"),
    "level 5": (".mat", b"MATLAB 5.0 MAT-file" + bytes(200), "FSL's are not in LPS mm"),
    "cut": (".mat", mat(("AffineTransform_double_3_3", AFFINE, "<f8"))[:-8], "ends within its matrix"),
    "no centre": (".mat", mat(("AffineTransform_double_3_3", AFFINE, "<f8")), "holds 1 matrices"),
    "a composite in mat": (
        ".mat",
        mat(("CompositeTransform_double_3_3", AFFINE, "<f8"), ("fixed", [0, 0, 0], "<f8")),
        "write it as .tfm",
    ),
    "a lying count": (".mat", struct.pack("<5i", 0, 2**31 - 1, 2**31 - 1, 0, 2) + b"a\0", "ends within"),
    "an empty file": (".mat", b"", "holds 0 matrices"),
    "long": (".txt", b"1 " * 600_000, "too many for a matrix"),
    "hdf": (".h5", b"\x89HDF", "HDF5 (write it as .tfm) is not read"),
    "freesurfer": (".lta", b"", "a transform of FreeSurfer is not read"),
    "four numbers": (".txt", b"1 2 3 4\n", "holds no such matrix"),
    "perspective": (".txt", b"1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 1 1\n", "last row 0 0 0 1"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_such_transform_is_one_line(case: str, tmp_path: Path) -> None:
    suffix, data, says = BAD[case]
    (tmp_path / f"move{suffix}").write_bytes(data)
    with pytest.raises(errors.BadFileError) as caught:
        viewer3d.load_transform(tmp_path / f"move{suffix}")
    assert says in str(caught.value)
    assert f"move{suffix}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(errors.NotFoundError, match="no such file"):
        viewer3d.load_transform("nowhere.tfm")


def test_a_layer_takes_a_file_and_says_which(tmp_path: Path) -> None:
    (tmp_path / "move.tfm").write_text(ITK + GOOD)
    base, over = (
        viewer3d.Volume.from_array(np.zeros((9, 9, 9)), np.eye(4), frame_of_reference=frame, modality="MR")
        for frame in ("1.2", "1.3")
    )
    layer = viewer3d.Layer(over, "MR", transform=tmp_path / "move.tfm")
    _, placed = place_layers(base, layer).layers
    np.testing.assert_array_equal(placed.volume.affine[:3, 3], (-1, -2, -3))
    assert placed.notes == ("MR was placed by an ITK transform (move.tfm).",)
    np.savetxt(tmp_path / "move.txt", placed.transform)
    _, again = place_layers(base, viewer3d.Layer(over, "MR", transform=str(tmp_path / "move.txt"))).layers
    np.testing.assert_array_equal(again.volume.affine, placed.volume.affine)
    assert again.notes == ("MR was placed by a given matrix.",)


def test_a_file_and_trust_are_too_much() -> None:
    with pytest.raises(errors.ViewError, match="give the transform alone"):
        viewer3d.Layer("ct", transform="reg.dcm", same_frame=True)
