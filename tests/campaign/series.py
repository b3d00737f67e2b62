"""Undamaged series to be damaged: small, of every kind of header that is read in a way of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from viewer3d import phantom
from viewer3d.phantom import Faults

SHAPE = (24, 20, 4)
LARGER = (40, 36, 3)
"""JPEG 2000 takes no smaller pictures."""


def _classic(place: Path, shape: tuple[int, int, int] = SHAPE, **faults: Any) -> None:
    phantom.write(place, shape=shape, faults=Faults(**faults))


def _enhanced(place: Path, **faults: Any) -> None:
    phantom.write_enhanced(place / "enhanced.dcm", shape=SHAPE, faults=Faults(**faults))


def _enhanced_mr(place: Path) -> None:
    from tests.dicom.made import enhanced, group, save

    frames = [
        group(k, (k + 1, echo), MREchoSequence=_item(EffectiveEchoTime=10.0 * echo))
        for k in range(3)
        for echo in (1, 2)
    ]
    values = [100 * k + 1000 * echo for k in range(3) for echo in (1, 2)]
    save(place, [enhanced(frames, values, (0x00209057, 0x00189082))])


def _item(**values: Any) -> Any:
    from tests.dicom.made import item

    return item(**values)


def _mr(place: Path) -> None:
    """Write two echoes, implicit."""
    from tests.dicom.made import save, series

    save(place, series([{"EchoTime": "10"}, {"EchoTime": "30"}]), implicit=True)


def _pet(place: Path) -> None:
    from tests.dicom.meaning.test_suv import pet

    pet(place)


def _mosaic(place: Path) -> None:
    from tests.dicom.headers.test_mosaic import image_header, middles, mosaic, protocol
    from tests.dicom.small import save

    private = {"image": image_header(1), "series": protocol(middles(1))}
    save(place, [mosaic(0, **private), mosaic(1, **private)])


def _segmented(place: Path) -> None:
    """Write a CT and two segmentations beside it, of bits and of labels."""
    import numpy as np

    from tests.dicom.objects.seg_files import save, seg, segment

    _classic(place)
    masks = [(1 + k % 2, k // 2, (np.arange(63).reshape(7, 9) % (k + 2) == 0).astype(np.uint8)) for k in range(6)]
    save(seg(masks), place, "seg.dcm")
    labels = [(0, k, (np.arange(64).reshape(8, 8) % 3).astype(np.uint8)) for k in range(3)]
    save(seg(labels, [segment(1), segment(2)], kind="LABELMAP", SeriesInstanceUID="1.2.8"), place, "labels.dcm")


def _contoured(place: Path) -> None:
    """Write a CT and a structure set beside it, with a hole, a point and an empty ROI."""
    from tests.dicom.objects.structure_files import circle, contour, roi, save, structure_set

    _classic(place)
    rings = [contour(circle(radius, 24, z=5.0 * k)) for k in range(3) for radius in (40, 15)]
    rois = [roi(1, rings), roi(2, [contour(b"1\\2\\3", "POINT"), contour(circle(20, 24))]), roi(3, [])]
    save(structure_set(rois), place)


def _treatment(place: Path) -> None:
    """Write a dose, its plan and its structures, three planes of each ROI."""
    phantom.write_dose(place / "dose.dcm", shape=SHAPE, spacing=(15.0, 15.0, 15.0))
    phantom.write_plan(place / "plan.dcm")
    phantom.write_structures(place / "structures.dcm", phantom.grid((4, 4, 4), (20.0, 20.0, 20.0), None, (0, 0, -255)))


def _presented(place: Path) -> None:
    """Write a CT with overlay planes and shutters, and a presentation state with graphics and texts of it."""
    import numpy as np

    from tests.dicom.objects import presentation_files as files

    images = [files.ct(number) for number in range(3)]
    for one in images:
        files.overlay(one, np.eye(24, 40, dtype=bool), origin=(5, 9))
        one.ShutterShape, one.CenterOfCircularShutter, one.RadiusOfCircularShutter = "CIRCULAR", [30, 40], 25
    box = {"BoundingBoxTopLeftHandCorner": [9.0, 9.0], "BoundingBoxBottomRightHandCorner": [30.0, 19.0]}
    objects = [
        files.graphic("POLYLINE", [[1, 1], [60, 20], [9, 40]]),
        files.graphic("CIRCLE", [[0.5, 0.5], [0.7, 0.5]], "DISPLAY", filled=True),
        files.words("A\r\nB", **box, AnchorPoint=[50.0, 30.0], AnchorPointVisibility="Y"),
    ]
    made = files.state(images, [files.annotation(*objects, images=images[1:])], ImageRotation=90)
    made.add_new(0x60001001, "CS", "FINDINGS")
    files.write(place, images)
    made.save_as(place / "presentation.dcm", enforce_file_format=True)


def _parametric(place: Path) -> None:
    """Write a parametric map with two mappings."""
    import numpy as np

    from tests.dicom.headers.test_real_world import mapping, parametric
    from tests.dicom.made import save

    pixels = np.arange(3 * 6 * 8, dtype="<u2").reshape(3, 6, 8)
    save(place, [parametric(pixels, [[mapping("um2/s", 0.5, 3.0), mapping("1")]] * 3)])


def _registered(place: Path) -> None:
    """Write a CT and a registration beside it."""
    import numpy as np

    from tests.dicom.objects.reg_files import registration_item, write_registration
    from viewer3d import load

    _classic(place)
    items = [registration_item("1.2.3.99", np.eye(4), kind="RIGID"), registration_item("", np.eye(4))]
    write_registration(place / "reg.dcm", load(place).frame_of_reference, items)


SERIES: dict[str, Callable[[Path], object]] = {
    "CT": _classic,
    "CT, implicit": partial(_classic, syntax="ImplicitVRLittleEndian"),
    "CT, big endian": partial(_classic, syntax="ExplicitVRBigEndian"),
    "CT, deflated": partial(_classic, syntax="DeflatedExplicitVRLittleEndian"),
    "CT, RLE": partial(_classic, syntax="RLELossless"),
    "CT, JPEG-LS": partial(_classic, syntax="JPEGLSLossless"),
    "CT, JPEG 2000": partial(_classic, shape=LARGER, syntax="JPEG2000Lossless"),
    "CT, tilted": partial(_classic, tilt=12.0, slopes=(1.0, 0.5), signed=True),
    "CT, uneven": partial(_classic, shape=(24, 20, 6), missing=(3,), padding=0, localizer=True),
    "CT, two series": partial(_classic, second_series=True, text_file=True, duplicated=(1,)),
    "enhanced CT": _enhanced,
    "enhanced CT, tilted": partial(_enhanced, tilt=9.0, padding=0, moved=((2, 0.7),)),
    "enhanced MR, two echoes": _enhanced_mr,
    "MR, two echoes": _mr,
    "CT, two segmentations": _segmented,
    "CT, structures": _contoured,
    "dose, plan and structures": _treatment,
    "CT, presentation state": _presented,
    "parametric map": _parametric,
    "CT, registration": _registered,
    "MR mosaic": _mosaic,
    "PET": _pet,
}
"""Name to what writes it into a folder that is there."""
