"""Read affine transforms of ITK: text files (``.tfm``, ``.txt``) and the ``.mat`` files of ANTs.

A transform of ITK takes points of the fixed image, LPS in mm, to those of the moving one (ITK Software Guide,
"Transforms": an image is resampled by asking where each of its points came from). Here the fixed image is the base.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Affine
from viewer3d.errors import BadFileError

ITK_TITLE: Final = b"#Insight Transform File V1.0"

_MAT_TYPES: Final = {0: "<f8", 10: "<f4", 1000: ">f8", 1010: ">f4"}
"""Type numbers of a MATLAB level 4 file (MOPT: order of bytes, 0, precision, kind of matrix) that are real matrices,
see MathWorks, "MAT-File Format", level 4."""

_MAT_HEADER: Final = 20
"""Bytes: five whole numbers, of which the last is the length of the name that follows."""

_DEFORMABLE: Final = ("BSpline", "Displacement", "Velocity", "Spline", "Gaussian", "Kernel")
"""Parts of names of transforms that are none of a matrix."""

Parameters = Sequence[float]
Linear = NDArray[np.float64]


def read_itk_text(name: str, data: bytes) -> Affine:
    """Return the matrix of a transform file of ITK: from the fixed image to the moving one.

    Parameters
    ----------
    name : str
        Of the file, in messages.
    data : bytes
        What is in it.

    Returns
    -------
    ndarray of float64, shape (4, 4)
        LPS mm. Of a composite transform the product of its parts, of which the last is applied first.

    Raises
    ------
    BadFileError
        When a transform is deformable, not three-dimensional, of no known kind, or has another count of numbers.
    """
    parts: list[dict[str, str]] = []
    for line in data.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if line.lstrip().startswith("#") or not line.strip():
            continue
        if key.strip() == "Transform":
            parts.append({"Transform": value.strip()})
        elif parts:
            parts[-1][key.strip()] = value
    is_composite = bool(parts) and parts[0]["Transform"].startswith("CompositeTransform")
    parts = parts[is_composite:]
    if not parts:
        raise BadFileError(f"{name}: is a transform file of ITK that holds no transform; write it again")
    if len(parts) > 1 and not is_composite:
        raise BadFileError(
            f"{name}: holds {len(parts)} transforms and does not say that they are one after another: write a "
            "CompositeTransform"
        )
    whole = np.eye(4)
    for part in parts:
        numbers = [_numbers(name, part.get(key, "")) for key in ("Parameters", "FixedParameters")]
        whole = whole @ matrix_of(name, part["Transform"], *numbers)
    return whole


def read_ants_mat(name: str, data: bytes) -> Affine:
    """Return the matrix of a ``.mat`` file of ANTs or ITK, as :func:`read_itk_text` does.

    It is a MATLAB level 4 file of two matrices: the parameters, called as the transform is, and ``fixed``.

    Raises
    ------
    BadFileError
        When it is another file, as FSL's, or its transform is none that is read.
    """
    expected = "a .mat file is read that ANTs or ITK wrote (two matrices, MATLAB level 4)"
    found: list[tuple[str, Parameters]] = []
    at = 0
    while at < len(data):
        if len(data) < at + _MAT_HEADER:
            raise BadFileError(f"{name}: is no such file: {expected}; FSL's are not in LPS mm")
        order = "<" if struct.unpack_from("<i", data, at)[0] in _MAT_TYPES else ">"
        kind, rows, columns, imaginary, length = struct.unpack_from(f"{order}5i", data, at)
        start = at + _MAT_HEADER + max(length, 0)
        # ITK writes the type 0 on every machine, or 10 for single precision.
        dtype = np.dtype(_MAT_TYPES.get(kind, "<f8"))
        count = rows * columns
        if kind not in _MAT_TYPES or imaginary or min(rows, columns, length) < 0 or length > len(data):
            raise BadFileError(f"{name}: is no such file: {expected}; FSL's are not in LPS mm")
        if count > (len(data) - start) // dtype.itemsize:
            raise BadFileError(f"{name}: ends within its matrix of {rows} x {columns}; copy it again")
        variable = data[at + _MAT_HEADER : start].rstrip(b"\0").decode("latin-1")
        found.append((variable, np.frombuffer(data, dtype, count, start).astype(np.float64).tolist()))
        at = start + count * dtype.itemsize
    if len(found) != 2 or found[1][0] != "fixed":
        raise BadFileError(f"{name}: holds {len(found)} matrices: {expected}")
    (kind_name, parameters), (_, fixed) = found
    if kind_name.startswith("CompositeTransform"):
        raise BadFileError(f"{name}: is a composite, whose parts a .mat file does not hold: write it as .tfm")
    return matrix_of(name, kind_name, parameters, fixed)


def _numbers(name: str, words: str) -> list[float]:
    try:
        return [float(word) for word in words.split()]
    except ValueError:
        raise BadFileError(f"{name}: its parameters are no numbers ({words.strip():.60}); write it again") from None


def _rotation(x: float, y: float, z: float, w: float) -> Linear:
    """Return the rotation of a unit quaternion (K. Shoemake, SIGGRAPH 1985)."""
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _versor(p: Linear) -> Linear:
    """Return the rotation of a versor: of a unit quaternion whose fourth number is not negative."""
    x, y, z = p[:3]
    return _rotation(x, y, z, float(np.sqrt(max(0.0, 1 - x * x - y * y - z * z))))


def _quaternion(p: Linear) -> Linear:
    x, y, z, w = p[:4] / (float(np.linalg.norm(p[:4])) or 1.0)
    return _rotation(x, y, z, w)


def _euler(p: Linear, *, z_last: bool = False) -> Linear:
    """Return the rotation of three angles: about y, then x, then z; or x, y, z (``ComputeZYX``)."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(p[:3]), np.sin(p[:3])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x if z_last else about_z @ about_x @ about_y)


def _scale_skew(p: Linear) -> Linear:
    """Return the sum of a versor's rotation, scales less 1 and six skews, as ITK has it."""
    matrix = _versor(p) + np.diag(p[6:9] - 1)
    if len(p) == 15:
        matrix[~np.eye(3, dtype=bool)] += p[9:]
    return matrix


def _composed_skew(p: Linear) -> Linear:
    """Return the product of a versor's rotation, scales, and three skews above the diagonal."""
    skew = np.eye(3)
    skew[0, 1], skew[0, 2], skew[1, 2] = p[9:12]
    return np.asarray(_versor(p) @ np.diag(p[6:9]) @ skew)


class _Kind(NamedTuple):
    """How many parameters a kind has, its 3 x 3 part, and where its translation begins."""

    size: int
    linear: Callable[[Linear], Linear]
    translation: int | None = 3


_KINDS: Final = {
    "AffineTransform": _Kind(12, lambda p: p[:9].reshape(3, 3), 9),
    "MatrixOffsetTransformBase": _Kind(12, lambda p: p[:9].reshape(3, 3), 9),
    "Euler3DTransform": _Kind(6, _euler),
    "VersorTransform": _Kind(3, _versor, None),
    "VersorRigid3DTransform": _Kind(6, _versor),
    "QuaternionRigidTransform": _Kind(7, _quaternion, 4),
    "Similarity3DTransform": _Kind(7, lambda p: p[6] * _versor(p)),
    "ScaleVersor3DTransform": _Kind(9, _scale_skew),
    "ScaleSkewVersor3DTransform": _Kind(15, _scale_skew),
    "ComposeScaleSkewVersor3DTransform": _Kind(12, _composed_skew),
    "ScaleTransform": _Kind(3, np.diag, None),
    "TranslationTransform": _Kind(3, lambda _: np.eye(3), 0),
    "IdentityTransform": _Kind(0, lambda _: np.eye(3), None),
}
"""Transforms of ITK that are matrices, by class."""


def matrix_of(name: str, kind: str, parameters: Parameters, fixed: Parameters) -> Affine:
    """Return the matrix of a transform of ITK: y = A (x - c) + c + t.

    Parameters
    ----------
    name : str
        Of the file, in messages.
    kind : str
        ``"AffineTransform_double_3_3"``: class, precision and dimensions.
    parameters, fixed : sequence of float
        The fixed ones are the centre c, in LPS mm.

    Raises
    ------
    BadFileError
        When it is deformable, not three-dimensional, of no known kind, or has another count of numbers.
    """
    short, _, dimensions = kind.replace("_double", "").replace("_float", "").partition("_")
    if any(word in short for word in _DEFORMABLE):
        raise BadFileError(
            f"{name}: is deformable ({short}), which no 4 x 4 matrix can say: resample the overlay by it, and give the "
            "result"
        )
    if short not in _KINDS:
        raise BadFileError(f"{name}: holds a {short or 'nameless'!s:.60}: {', '.join(_KINDS)} are read")
    count, linear, at = _KINDS[short]
    centres = (0, 3, 4) if short == "Euler3DTransform" else (0, 3)
    is_flat = dimensions not in ("", "3_3")
    if is_flat or len(parameters) != count or len(fixed) not in centres:
        raise BadFileError(
            f"{name}: its {kind} has {len(parameters)} parameters and {len(fixed)} fixed ones; in 3D it has {count} "
            "and 3: write it again"
        )
    values = np.asarray(parameters, np.float64)
    matrix = np.eye(4)
    matrix[:3, :3] = _euler(values, z_last=True) if len(fixed) == 4 and fixed[3] else linear(values)
    centre = np.array(fixed[:3] or (0.0, 0.0, 0.0))
    translation = np.zeros(3) if at is None else values[at : at + 3]
    matrix[:3, 3] = translation + centre - matrix[:3, :3] @ centre
    return matrix
