"""What lies over images: segmentations, structures, registrations and label maps, damaged; the program draws them."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner, Result
from PIL import Image

from tests.campaign.damage import damaged
from tests.campaign.headers import mutated
from tests.campaign.outcomes import Outcome
from tests.campaign.rooms import Room, put_copies, replace_file
from viewer3d.cli import main

SIZE = "60x48"
SOURCES = (
    *("seg.dcm", "fractions.dcm", "labels.dcm", "structures.dcm", "reg.dcm"),
    *("labels.nii.gz", "labels.nii", "labels.seg.nrrd", "labels.nhdr", "names.csv", "names.json", "organs"),
)
LOOKS = (
    "outline=2",
    "segments=1",
    'segments="Part 1":2,fill=50%',
    "opacity=0.5,same_frame",
    "fill=0,rendering=none",
    "name=A",
)


def case(room: Room) -> tuple[Outcome, str]:
    """Damage what lies over a CT, and draw or measure it as users do in the shell."""
    chance = room.chance
    whole = room.series("overlays", write)
    place = room.folder / "over"
    place.mkdir()
    put_copies(whole / "over", place)
    for folder in ("organs", "moved"):
        (place / folder).mkdir()
        put_copies(whole / folder, place / folder)
    room.source = chance.choice(SOURCES)
    _damage(place / room.source, room)
    words = _words(room)
    room.how.append(" ".join(words[:1]))
    out = room.folder / "out.png"
    found, true = (_run(words, whole / "ct", where, out) for where in (place, _undamaged(whole, room)))
    return _judged(found, true, room)


def write(place: Path) -> None:
    """Write a CT, and all that lies over it."""
    import nibabel

    from tests.dicom.objects.reg_files import registration_item, write_registration
    from tests.dicom.objects.seg_files import save, seg, segment
    from tests.dicom.objects.structure_files import circle, contour, roi, structure_set
    from tests.dicom.objects.structure_files import save as save_structures
    from viewer3d import load, phantom

    phantom.write(place / "ct", shape=(24, 20, 4), spacing=(16, 14, 60))
    volume = load(place / "ct")
    about: dict[str, Any] = {"FrameOfReferenceUID": volume.frame_of_reference}
    over, organs = place / "over", place / "organs"
    for folder in (over, organs, place / "moved"):
        folder.mkdir()
    masks = [(1 + k % 2, k // 2, (np.arange(99).reshape(9, 11) % (k + 2) == 0).astype(np.uint8)) for k in range(6)]
    save(seg(masks, **about), over, "seg.dcm")
    parts = [(1, k, (np.arange(64).reshape(8, 8) * 4 % 256).astype(np.uint8)) for k in range(3)]
    save(
        seg(parts, kind="FRACTIONAL", SegmentationFractionalType="PROBABILITY", MaximumFractionalValue=255, **about),
        over,
        "fractions.dcm",
    )
    labels = [(0, k, (np.arange(64).reshape(8, 8) % 3).astype(np.uint8)) for k in range(3)]
    save(seg(labels, [segment(1), segment(2)], kind="LABELMAP", **about), over, "labels.dcm")
    rings = [contour(circle(radius, 24, z=60.0 * k)) for k in range(-1, 2) for radius in (70, 25)]
    point = contour(b"1\\2\\3", "POINT")
    frame = {"ReferencedFrameOfReferenceUID": volume.frame_of_reference}
    rois = [roi(1, rings, **frame), roi(2, [point, contour(circle(40, 24))], **frame), roi(3, [], **frame)]
    save_structures(structure_set(rois), over)
    for path in sorted((place / "ct").iterdir()):
        _moved(path, place / "moved" / path.name)
    write_registration(over / "reg.dcm", volume.frame_of_reference, [registration_item("1.2.3.99", np.eye(4))])
    values = (np.indices(volume.shape).sum(0) % 3).astype(np.uint8)
    affine = np.diag([-1.0, -1, 1, 1]) @ volume.affine
    for target in (over / "labels.nii.gz", over / "labels.nii"):
        nibabel.save(nibabel.Nifti1Image(values, affine), target)
    for number in (1, 2):
        nibabel.save(nibabel.Nifti1Image((values == number).astype(np.uint8), affine), organs / f"{number}.nii.gz")
    _write_nrrd(over, values, volume.affine)
    (over / "names.csv").write_text("1,Part 1,200,30,30\n2,Part 2,30,200,30\n")
    (over / "names.json").write_text('{"labels": {"background": 0, "Part 1": 1, "Part 2": 2}}')


def _moved(source: Path, target: Path) -> None:
    from pydicom import dcmread

    dataset = dcmread(source)
    dataset.FrameOfReferenceUID, dataset.SeriesInstanceUID = "1.2.3.99", "1.2.3.98"
    dataset.save_as(target)


def _write_nrrd(folder: Path, values: Any, affine: Any) -> None:
    """Write label maps as NRRD by hand: nothing is needed to write them."""
    columns = " ".join("({},{},{})".format(*affine[:3, axis]) for axis in range(3))
    lines = [
        "NRRD0004",
        "type: uint8",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, values.shape))}",
        f"space directions: {columns}",
        "space origin: ({},{},{})".format(*affine[:3, 3]),
        "kinds: domain domain domain",
    ]
    names = [f"Segment{n}_{key}:={value}" for n in (0, 1) for key, value in (("ID", n), ("Name", f"Part {n + 1}"),
             ("LabelValue", n + 1), ("Layer", 0))]  # fmt: skip
    data = values.tobytes(order="F")
    head = "\n".join([*lines, "encoding: gzip", *names])
    (folder / "labels.seg.nrrd").write_bytes(f"{head}\n\n".encode() + gzip.compress(data, mtime=0))
    (folder / "labels.raw").write_bytes(data)
    (folder / "labels.nhdr").write_text("\n".join([*lines, "encoding: raw", "data file: labels.raw", ""]))


def _damage(path: Path, room: Room) -> None:
    chance = room.chance
    if path.is_dir():
        path = chance.choice(sorted(path.iterdir()))
    data = path.read_bytes()
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if path.suffix == ".dcm":
            data, how = mutated(data, chance)
        elif path.suffix == ".gz" and chance.random() < 0.7 and _unpacked(data) is not None:
            inner, how = damaged(_unpacked(data) or b"", chance)
            data = gzip.compress(inner, mtime=0)
        else:
            data, how = damaged(data, chance)
        room.how.append(how)
    replace_file(path, data)


def _unpacked(data: bytes) -> bytes | None:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, ValueError, zlib.error):
        return None


def _words(room: Room) -> list[str]:
    """Return a command with ``{ct}``, ``{over}`` and ``{out}`` in it."""
    chance, source = room.chance, room.source
    look: list[str] = []
    over = f"{{over}}/{source}"
    if source == "reg.dcm":
        over, look = "{over}/moved", ["transform={over}/reg.dcm"]
    elif source.startswith("names"):
        over, look = "{over}/labels.nii", [f"names={{over}}/{source}"]
    elif chance.random() < 0.5:
        look = [chance.choice(LOOKS)]
    laid = ["--overlay", over, *(word for one in look for word in ("--look", one))]
    verbs = [
        ["shot", "{ct}", "-o", "{out}", "--view", "axial", "--size", SIZE, *laid],
        ["shot", "{ct}", "-o", "{out}", "--view", "mpr", "--size", SIZE, *laid],
        ["figure", "plane", "{ct}", "-o", "{out}", "--size", SIZE, *laid],
        ["measure", "{ct}", "--json", *laid],
        ["info", "{over}/seg.dcm" if source in ("names.csv", "names.json", "organs") else f"{{over}}/{source}"],
        ["list", "{over}"],
    ]
    if source == "reg.dcm":
        del verbs[3]
    return chance.choice((*verbs[:2], *verbs))


def _undamaged(whole: Path, room: Room) -> Path:
    place = room.folder / "whole"
    place.mkdir()
    put_copies(whole / "over", place)
    for folder in ("organs", "moved"):
        (place / folder).mkdir()
        put_copies(whole / folder, place / folder)
    return place


def _run(words: list[str], ct: Path, over: Path, out: Path) -> tuple[Result, Any]:
    """Run the program; return what it told, and the picture or text that it made."""
    out.unlink(missing_ok=True)
    places = {"ct": ct, "over": over, "out": out}
    result = CliRunner().invoke(main, [word.format(**places) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if out.exists():
        with Image.open(out) as picture:
            return result, np.asarray(picture.convert("RGB"))
    return result, result.stdout.replace(str(over), "")


def _judged(found: tuple[Result, Any], true: tuple[Result, Any], room: Room) -> tuple[Outcome, str]:
    (result, made), (usual, right) = found, true
    said = result.stderr
    assert result.exit_code in (0, 2), f"exit code {result.exit_code}: {said}"
    assert "Traceback" not in said, said
    if result.exit_code == 2:
        assert said.startswith("viewer3d: "), said
        assert len(said.splitlines()) == 1 or "choose one" in said or "choose it" in said, f"several lines: {said}"
        assert not (room.folder / "out.png.part").exists()
        return Outcome.ERROR, said.strip()
    assert usual.exit_code == 0 or usual.stderr, usual.output
    same = made == right if isinstance(made, str) or isinstance(right, str) else np.array_equal(made, right)
    if same:
        return Outcome.RIGHT, ""
    notes = set(said.replace(str(room.folder), "").splitlines()) - set(usual.stderr.splitlines())
    return (Outcome.TOLD if notes else Outcome.OTHER), "; ".join(sorted(notes)) or "another picture or table"
