"""The short path to a header agrees with pydicom, or leaves the file to it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.phantom_files import write_phantom
from viewer3d import Viewer3DError, phantom
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import FileSource, find_sources
from viewer3d.dicom.headers import fast
from viewer3d.dicom.headers import read as headers
from viewer3d.dicom.headers.attributes import ATTRIBUTES
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.private import PRIVATE_ELEMENTS
from viewer3d.dicom.headers.read import read_frames
from viewer3d.dicom.pixels.modality_values import read_voxels

Real = Callable[[str], Path]


def by_pydicom(path: Path) -> tuple[Frame, ...] | RefusedFile:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(headers.fast, "read_attributes", lambda _path: None)
        return read_frames(FileSource(str(path)))


def voxels(frames: tuple[Frame, ...]) -> tuple[str, bytes] | str:
    """Every value of the first frames, or what is wrong with them."""
    try:
        values = read_voxels(frames[:2])
    except Viewer3DError as error:
        return f"{type(error).__name__}: {error}"
    return str(values.dtype), values.tobytes()


def assert_agree(path: Path, *, pixels: bool = False) -> bool:
    """Whether the short path answered; if so, as pydicom does."""
    if fast.read_attributes(str(path)) is None:
        return False
    ours, theirs = read_frames(FileSource(str(path))), by_pydicom(path)
    if isinstance(ours, RefusedFile) or isinstance(theirs, RefusedFile):
        assert ours == theirs
    else:
        assert ours == theirs
        assert [frame.dimension_values for frame in ours] == [frame.dimension_values for frame in theirs]
        if pixels:
            assert voxels(ours) == voxels(theirs)
    return True


def test_every_real_file(real: Real) -> None:
    sources = [Path(source.name) for source in find_sources(real("."))]
    answered = sum(assert_agree(path) for path in sources)
    assert answered > 0.7 * len(sources)  # PET and enhanced files nest what the loader needs


@pytest.mark.parametrize("cut", [0, 100, 131, 132, 140, 300, 1000, 2000])
def test_a_cut_header_is_left_to_pydicom(cut: int, real: Real, tmp_path: Path) -> None:
    whole = next(iter(sorted(real("ct_torso_acrin").iterdir()))).read_bytes()
    path = tmp_path / "cut.dcm"
    path.write_bytes(whole[:cut])
    assert fast.read_attributes(str(path)) is None


def test_a_header_longer_than_a_chunk(real: Real, tmp_path: Path) -> None:
    from pydicom import dcmread

    dataset = dcmread(next(iter(sorted(real("ct_torso_acrin").iterdir()))))
    block = dataset.private_block(0x0009, "viewer3d", create=True)
    block.add_new(0x01, "OB", bytes(200_000))
    path = tmp_path / "long.dcm"
    dataset.save_as(path)
    assert assert_agree(path)


def test_a_name_in_another_alphabet_is_left_to_pydicom(real: Real, tmp_path: Path) -> None:
    from pydicom import dcmread

    dataset = dcmread(next(iter(sorted(real("ct_torso_acrin").iterdir()))))
    dataset.SpecificCharacterSet, dataset.SeriesDescription = "ISO_IR 192", "Schädel"
    path = tmp_path / "umlaut.dcm"
    dataset.save_as(path)
    assert fast.read_attributes(str(path)) is None
    frames = read_frames(FileSource(str(path)))
    assert not isinstance(frames, RefusedFile)
    assert frames[0].series.description == "Schädel"
    assert replace(frames[0].series, description="") != frames[0].series


FAULTS = {
    "plain": phantom.Faults(),
    "implicit": phantom.Faults(syntax="ImplicitVRLittleEndian"),
    "rle": phantom.Faults(syntax="RLELossless"),
    "odd": phantom.Faults(tilt=10, slopes=(1, 0.5), padding=0, inverted=True, signed=True, localizer=True),
    "bare": phantom.Faults(without=("ImagePositionPatient", "SOPInstanceUID", "ImageType", "WindowWidth")),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_file_of_a_phantom(name: str, tmp_path: Path) -> None:
    paths = write_phantom(tmp_path, shape=(16, 12, 3), faults=FAULTS[name])
    assert all(assert_agree(path, pixels=True) for path in paths)


def test_a_big_endian_file_is_left_to_pydicom(tmp_path: Path) -> None:
    paths = write_phantom(tmp_path, shape=(16, 12, 1), faults=phantom.Faults(syntax="ExplicitVRBigEndian"))
    assert fast.read_attributes(str(paths[0])) is None


def test_a_long_series_of_nested_items_is_left_to_pydicom(tmp_path: Path) -> None:
    path = tmp_path / "deep.dcm"
    deep = (struct.pack("<HHI", 9, 0x1001, UNDEFINED) + struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED)) * 5000
    path.write_bytes(file_of({0x00090010: b"X "}, deep, "1.2.840.10008.1.2"))
    assert fast.read_attributes(str(path)) is None


# Headers made by chance. They are written here, byte by byte, because pydicom would not write most of them.

UNDEFINED = 0xFFFFFFFF
SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.5", "1.2.3")
LONG = (b"OB", b"OW", b"SQ", b"UN", b"UT", b"OF")
VRS = {
    0x00080005: b"CS", 0x00080008: b"CS", 0x00080016: b"UI", 0x00080018: b"UI", 0x00080022: b"DA", 0x00080023: b"DA",
    0x0008002A: b"DT", 0x00080032: b"TM", 0x00080033: b"TM", 0x00080060: b"CS", 0x0008103E: b"LO", 0x00089208: b"CS",
    0x00180010: b"LO", 0x00181210: b"SH", 0x00181250: b"SH", 0x00189020: b"CS", 0x00189075: b"CS", 0x00189214: b"CS",
    0x00189236: b"CS", 0x00189257: b"CS", 0x0020000D: b"UI", 0x0020000E: b"UI", 0x00280004: b"CS", 0x00281054: b"LO",
    0x00100010: b"PN", 0x00200052: b"UI", 0x00280301: b"CS", 0x00281056: b"CS", 0x00541001: b"CS", 0x30040002: b"CS",
    0x30040004: b"CS", 0x3004000A: b"CS", 0x00181600: b"CS", 0x00189361: b"CS", 0x00282110: b"CS",
    0x00282114: b"CS", 0x00185100: b"CS", 0x00181312: b"CS",
}  # fmt: skip
OF_KIND = {"token": b"LO", "number": b"DS", "integer": b"IS", "US": b"US", "FD": b"FD", "FL": b"FL"}
PLAUSIBLE = {
    0x00080060: b"CT", 0x0020000D: b"1.2.3\0", 0x0020000E: b"1.2.4\0", 0x00080018: b"1.2.5\0",
    0x00200032: b"-10\\-10.5\\3e1 ", 0x00200037: b"1\\0\\0\\0\\1\\0 ", 0x00280002: b"\1\0", 0x00280004: b"MONOCHROME2 ",
    0x00280010: b"\2\0", 0x00280011: b"\3\0", 0x00280030: b"0.5\\0.75", 0x00280100: b"\x10\0", 0x00280101: b"\x0c\0",
    0x00280102: b"\x0b\0", 0x00280103: b"\0\0", 0x00281050: b"40", 0x00281051: b"400 ", 0x00281052: b"-1024 ",
    0x00281053: b"1 ",
}  # fmt: skip


def vr_of(tag: int) -> bytes:
    if tag in ATTRIBUTES:
        return VRS.get(tag) or OF_KIND[ATTRIBUTES[tag][1]]
    return b"UL" if tag & 0xFFFF == 0 else b"LO" if tag & 0xFFFF < 0x100 else b"UN"


def element(tag: int, vr: bytes, value: bytes, *, explicit: bool, length: int | None = None) -> bytes:
    said = len(value) if length is None else length
    group = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if not explicit:
        return group + struct.pack("<I", said) + value
    if vr in LONG:
        return group + vr + b"\0\0" + struct.pack("<I", said) + value
    return group + vr + struct.pack("<H", said & 0xFFFF) + value


def file_of(
    values: dict[int, bytes | tuple[bytes, bytes]], rest: bytes, syntax: str, preamble: bytes = bytes(128) + b"DICM"
) -> bytes:
    """Put elements in order; a value is bytes, or a value representation and bytes."""
    explicit = syntax != SYNTAXES[0]
    body = b""
    for tag, value in sorted(values.items()):
        vr, raw = value if isinstance(value, tuple) else (vr_of(tag), value)
        body += element(tag, vr, raw, explicit=explicit)
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    return preamble + element(0x00020010, b"UI", uid, explicit=True) * bool(preamble) + body + rest


WINDOW_CENTER, PIXELS = 0x00281050, element(0x7FE00010, b"OW", struct.pack("<6H", 1, 2, 3, 4, 5, 6), explicit=True)


@pytest.mark.parametrize(
    "late",
    [
        element(WINDOW_CENTER, b"DS", b"", explicit=True),  # pydicom takes the later one, which has no value
        element(WINDOW_CENTER, b"DS", b"90", explicit=True),
        element(0x00280006, b"US", b"\0\0", explicit=True),  # nothing that is wanted
        element(0x00081140, b"SQ", b"", explicit=True),
    ],
)
def test_tags_out_of_order_are_left_to_pydicom(late: bytes, tmp_path: Path) -> None:
    path = tmp_path / "disorder.dcm"
    path.write_bytes(file_of(dict(PLAUSIBLE), PIXELS, SYNTAXES[1]))
    assert assert_agree(path, pixels=True)  # in order it is read the short way
    path.write_bytes(file_of(dict(PLAUSIBLE), late + PIXELS, SYNTAXES[1]))
    assert fast.read_attributes(str(path)) is None


def test_of_two_elements_with_one_tag_the_later_counts(tmp_path: Path) -> None:
    path = tmp_path / "twice.dcm"
    for value, centers in ((b"90", (90.0,)), (b"", ())):
        late = element(WINDOW_CENTER, b"DS", value, explicit=True)
        path.write_bytes(file_of(dict(PLAUSIBLE), late + PIXELS, SYNTAXES[1]))
        frames = read_frames(FileSource(str(path)))
        assert not isinstance(frames, RefusedFile)
        assert tuple(window.center for window in frames[0].windows) == centers


SAID = (
    b"", b" ", b"\0", b"1", b" 1 ", b"1.5 ", b"+2", b"-0", b"1e2", b"1E400", b"nan", b"inf ", b"1_0", b"0x1", b"1,5",
    b"7\0", b"7 \0", b"\0007", b"1\0\\2", b"1\\", b"\\", b"\\1", b"1\\2\\3", b"1\\ 2 \\3 ", b"1\\2\\x", b"1\\\\2",
    b"a", b"9" * 20, b"9" * 400, b"2147483648", b"-2147483648", b"1.0", b"1\n", b"\t", b"caf\xe9", b"\xd0\x9f",
    b"\x1b$B%d", b"\x81\x5c", b"ISO_IR 100", b"ISO_IR 192", b"ISO 2022 IR 6\\ISO 2022 IR 87", b"\\ISO 2022 IR 87",
    b"ISO_IR 13", b"utf_16", b"utf-7", b"cp037", b"rot13", b"+AGE-", b"MONOCHROME1 ", b"RGB", b"SEG ", b"PT", b"HU",
    b"ORIGINAL\\PRIMARY\\AXIAL", b"120000.5", b"LINEAR", b"SIGMOID ", b"1.2.840.10008.5.1.4.1.1.2\0", b"\xff\xff",
    b"\1\0\2\0", b"\1", bytes(8), b"\0\0\0\0\0\0\xf8\x7f", b"x" * 300,
)  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(SAID),
    st.binary(max_size=12),
    st.floats(width=32).map(lambda value: repr(value).encode()),
    st.lists(st.integers(-9999, 9999), max_size=7).map(lambda values: b"\\".join(str(v).encode() for v in values)),
)
ODD_VRS = st.sampled_from((b"UN", b"LO", b"DS", b"IS", b"US", b"SS", b"CS", b"UT", b"SQ", b"OB", b"ST", b"XX", b"\0\0"))
TAGS = st.one_of(
    st.sampled_from(sorted(ATTRIBUTES)),
    st.sampled_from((0x00080000, 0x00090010, 0x00091001, 0x00100010, 0x00280000, 0x00281055, 0x3004000C, 0x7FE00001)),
)


@st.composite
def nested(draw: st.DrawFn, depth: int, *, explicit: bool) -> bytes:
    """A sequence: any mix of defined and undefined lengths."""
    items = b""
    for _ in range(draw(st.integers(0, 2))):
        inner = element(0x00080060, b"CS", b"CT", explicit=explicit) if draw(st.booleans()) else b""
        inner += element(0x00181060, b"DS", draw(WORDS), explicit=explicit) if draw(st.booleans()) else b""
        if depth and draw(st.booleans()):
            inner += draw(nested(depth - 1, explicit=explicit))
        if draw(st.booleans()):
            items += struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
        else:
            items += struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED) + inner + struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
    tag = draw(st.sampled_from((0x00091002, 0x00081140, 0x00091003)))
    vr = draw(st.sampled_from((b"SQ", b"SQ", b"SQ", b"UN")))
    if draw(st.booleans()):
        return element(tag, vr, items, explicit=explicit)
    return element(tag, vr, items + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0), explicit=explicit, length=UNDEFINED)


@st.composite
def vendors(draw: st.DrawFn) -> dict[int, bytes | tuple[bytes, bytes]]:
    """A private element that tells frames apart, in a block of its creator, of another or of nobody."""
    group, number, creator = draw(st.sampled_from(sorted(PRIVATE_ELEMENTS)))
    block = draw(st.sampled_from((0x10, 0x10, 0x11, 0xFF)))
    said = draw(st.sampled_from((creator.encode(), creator.encode(), b"GEMS_PARM_01", b"somebody", b"\xff", b"")))
    vr = draw(st.sampled_from((b"IS", b"DS", b"FD", b"FL", b"SS", b"CS", b"UN", b"OB", b"UL", b"LO")))
    value = draw(st.one_of(WORDS, st.sampled_from((b"1000\\8\\0\\0", bytes(4), bytes(24), b"\0\0\x80?"))))
    value += b" " * (len(value) % 2)
    return {group << 16 | block: (b"LO", said), group << 16 | block << 8 | number: (vr, value)}


@st.composite
def files(draw: st.DrawFn) -> bytes:
    syntax = draw(st.sampled_from(SYNTAXES[:2] * 3 + SYNTAXES))
    explicit = syntax != SYNTAXES[0]
    values: dict[int, bytes | tuple[bytes, bytes]] = dict(PLAUSIBLE)
    for tag in draw(st.lists(st.sampled_from(sorted(values)), max_size=2)):
        values.pop(tag, None)
    for tag in draw(st.lists(TAGS, max_size=5, unique=True)):
        values[tag] = draw(WORDS)
    if draw(st.integers(0, 7)) == 0:
        tag = draw(TAGS)
        values[tag] = draw(ODD_VRS), draw(WORDS)
    if draw(st.booleans()):
        values |= draw(vendors())
    body: dict[int, bytes | tuple[bytes, bytes]] = {t: v for t, v in values.items() if t >= 0x00100000}
    early = {t: v for t, v in values.items() if t < 0x00100000}
    middle = draw(nested(2, explicit=explicit)) if draw(st.booleans()) else b""
    head = file_of(early, middle + file_of(body, b"", syntax, b""), syntax, draw(PREAMBLES))
    cut = len(head) - draw(st.integers(0, 60)) * (draw(st.integers(0, 15)) == 0)
    data = bytearray(head[:cut] + draw(pixels(explicit=explicit)))
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


PREAMBLES = st.sampled_from((bytes(128) + b"DICM",) * 6 + (b"", b"x" * 128 + b"DICM"))


@st.composite
def pixels(draw: st.DrawFn, *, explicit: bool) -> bytes:
    """Pixel Data of two by three pixels, or something else, or none."""
    raw = struct.pack("<6H", 1, 2, 3, 4, 5000, 65535)
    vr = draw(st.sampled_from((b"OW", b"OW", b"OB", b"UN", b"US")))
    fragments = struct.pack("<HHI", 0xFFFE, 0xE000, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    made = draw(
        st.sampled_from(
            (
                element(0x7FE00010, vr, raw, explicit=explicit),
                element(0x7FE00010, vr, raw, explicit=explicit),
                element(0x7FE00010, vr, raw[:-2], explicit=explicit),
                element(0x7FE00010, vr, b"", explicit=explicit),
                element(0x7FE00010, b"OB", fragments, explicit=explicit, length=UNDEFINED),
                element(0x7FE00008, b"OF", raw * 2, explicit=explicit),
                b"",
            )
        )
    )
    return made + (element(0xFFFCFFFC, b"OB", bytes(8), explicit=explicit) if draw(st.booleans()) else b"")


def agree_on(data: bytes, path: Path) -> bool:
    path.write_bytes(data)
    read_frames(FileSource(str(path)))  # frames or a refusal, whoever reads it, and never an error
    return assert_agree(path, pixels=True)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=files())
def test_headers_made_by_chance(data: bytes, tmp_path: Path) -> None:
    agree_on(data, tmp_path / "chance.dcm")


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=files())
def test_many_headers_made_by_chance(data: bytes, tmp_path: Path) -> None:
    agree_on(data, tmp_path / "chance.dcm")


def test_chance_makes_what_the_short_path_answers(tmp_path: Path) -> None:
    """Else the two tests above would compare nothing."""
    answered: list[bool] = []

    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(data=files())
    def count(data: bytes) -> None:
        answered.append(agree_on(data, tmp_path / "chance.dcm"))

    count()
    assert np.mean(answered) > 0.1  # about 0.3, but Hypothesis tries numbers of all modules that are there as well
