"""Compressed files beside other readers: the same values wherever one of them can read the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.dicom import encoded
from tests.dicom.encoded import CODINGS

pytestmark = pytest.mark.slow

READ = {
    "SimpleITK": (
        "JPEG baseline", "JPEG extended", "JPEG lossless", "JPEG-LS", "JPEG-LS near", "JPEG 2000", "JPEG 2000 lossy",
        "RLE",
    ),
    "gdcm": ("JPEG baseline", "JPEG lossless", "JPEG-LS", "JPEG-LS near", "JPEG 2000", "JPEG 2000 lossy"),
    "pyjpegls": ("JPEG-LS", "JPEG-LS near"),
    "pylibjpeg": ("JPEG 2000", "JPEG 2000 lossy", "HTJ2K lossless", "HTJ2K lossless RPCL", "HTJ2K"),
    "pydicom": ("RLE",),
}  # fmt: skip
"""Peer (a plug-in of pydicom, but for the first) to the ways of writing that it reads; there is none at hand for JPEG
XL, Encapsulated Uncompressed and Deflated Image Frame."""

MODULES = {"pyjpegls": "jpeg_ls", "pylibjpeg": "openjpeg"}

SCRIPT = """
import sys, numpy as np
name, *paths = sys.argv[1:]
for path in paths:
    if name == "SimpleITK":
        import SimpleITK as sitk
        values = sitk.GetArrayFromImage(sitk.ReadImage(path))
    else:
        from pydicom import dcmread
        from pydicom.pixels import pixel_array
        values = pixel_array(dcmread(path), decoding_plugin=name)
    np.save(path + ".npy", values)
"""
"""Runs in a process of its own, which a peer may end."""


@pytest.mark.parametrize("peer", READ)
def test_the_values_are_those_of_other_readers(peer: str, tmp_path: Path) -> None:
    pytest.importorskip(MODULES.get(peer, peer), reason=f"{peer} is not installed: pip install '.[bench]'")
    cases = {}
    for name in READ[peer]:
        coding = CODINGS[name]
        for bits, signed in ((bits, signed) for bits in coding.bits for signed in {False, coding.signed}):
            path = tmp_path / f"{name} {bits} {signed}" / "a.dcm"
            values = encoded.pictures(1, bits, signed=signed, margin=0.05 if coding.decode else 0)
            encoded.write(path, name, values, bits)
            cases[path] = bits
    subprocess.run([sys.executable, "-c", SCRIPT, peer, *map(str, cases)], capture_output=True, check=True, timeout=120)
    for path, bits in cases.items():
        ours = viewer3d.load(path).voxels[:, :, 0].T.astype(int)
        away = np.load(f"{path}.npy").astype(int).reshape(ours.shape) - ours
        if peer != "SimpleITK":
            away %= 1 << bits  # pydicom leaves the bits above Bits Stored as they come, and so the sign
        assert not away.any(), path.parent.name
