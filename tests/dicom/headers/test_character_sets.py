"""Names and descriptions in the character sets of DICOM, byte for byte as PS3.5 (annexes H to K) has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread

from tests.phantom_files import write_phantom
from viewer3d import load, scan
from viewer3d.dicom.headers.character_sets import character_set_of, whole_text

JAPANESE = ["", "ISO 2022 IR 87"]
YAMADA = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"
HONG = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf"
ZHANG = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab"

CASES = [
    # Character set, bytes of the name, the name, bytes of the description, the description.
    (["ISO_IR 100"], b"M\xfcller^\xc4nne", "Müller, Änne", b"Sch\xe4del", "Schädel"),
    (["ISO_IR 101"], "Šídlo^Čeněk".encode("iso8859-2"), "Šídlo, Čeněk", "Břicho".encode("iso8859-2"), "Břicho"),
    (["ISO_IR 144"], "Щукина^Наталья".encode("iso8859-5"), "Щукина, Наталья", "Голова".encode("iso8859-5"), "Голова"),
    (["ISO_IR 126"], "Παπάς^Γιάννης".encode("iso8859-7"), "Παπάς, Γιάννης", "Κεφάλι".encode("iso8859-7"), "Κεφάλι"),
    (["ISO_IR 138"], "כהן^דוד".encode("iso8859-8"), "כהן, דוד", "ראש".encode("iso8859-8"), "ראש"),
    (["ISO_IR 166"], "ใจดี^สมชาย".encode("iso8859-11"), "ใจดี, สมชาย", "ศีรษะ".encode("iso8859-11"), "ศีรษะ"),
    (JAPANESE, YAMADA, "Yamada, Tarou (山田 太郎)", "頭部単純 CT".encode("iso2022_jp"), "頭部単純 CT"),
    (["", "ISO 2022 IR 149"], HONG, "Hong, Gildong (洪 吉洞)", b"\x1b$)C\xba\xb9\xba\xce CT", "복부 CT"),
    (["", "ISO 2022 IR 58"], ZHANG, "Zhang, XiaoDong (张 小东)", b"\x1b$)A\xb8\xb9\xb2\xbf CT", "腹部 CT"),
    # Letters of two bytes whose second is a backslash, which parts values elsewhere.
    (["GB18030"], "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang, XiaoDong (王 小东)", b"\x81\x5c CT", "乗 CT"),
    (["GBK"], "Wang^XiaoDong=王^小东".encode("gbk"), "Wang, XiaoDong (王 小东)", b"\x81\x5c CT", "乗 CT"),
    (["ISO_IR 192"], "Nguyễn^Thị Ánh".encode(), "Nguyễn, Thị Ánh", "Đầu 😀".encode(), "Đầu 😀"),
    (["ISO_IR 192"], "=山田^太郎=やまだ^たろう".encode(), "山田 太郎 (やまだ たろう)", b"CT", "CT"),
    # Bytes that no character set explains: UTF-8 where they are that, else Latin-1.
    ([], "Müller^Änne".encode(), "Müller, Änne", "Schädel".encode(), "Schädel"),
    ([], b"M\xfcller^\xc4nne", "Müller, Änne", b"Sch\xe4del", "Schädel"),
    ([""], "山田^太郎".encode(), "山田, 太郎", "頭部".encode(), "頭部"),
]


def written(folder: Path, character_set: list[str], name: bytes, description: bytes) -> Path:
    """Write the phantom, and put bytes where pydicom would encode text."""
    name, description = (text + b" " * (len(text) % 2) for text in (name, description))
    for path in write_phantom(folder, shape=(16, 12, 4), spacing=(9.0, 8.0, 6.0)):
        dataset = dcmread(path)
        if character_set:
            dataset.SpecificCharacterSet = character_set
        else:
            del dataset.SpecificCharacterSet
        dataset.PatientName, dataset.SeriesDescription = "~" * len(name), "|" * len(description)
        dataset.save_as(path)
        content = path.read_bytes().replace(
            b"~" * len(name), name, 1
        )  # the first: pixels, which come later, may be alike
        path.write_bytes(content.replace(b"|" * len(description), description, 1))
    return folder


@pytest.mark.parametrize(("character_set", "name", "named", "description", "described"), CASES)
def test_names_and_descriptions_arrive_whole(
    character_set: list[str], name: bytes, named: str, description: bytes, described: str, tmp_path: Path
) -> None:
    folder = written(tmp_path / "ct", character_set, name, description)
    volume = load(folder, identify=True)
    assert volume.identity[0] == named
    assert volume.description == described
    assert scan(folder)[0].description == described
    datasets = [dcmread(path) for path in sorted(folder.iterdir())]
    assert load(datasets, identify=True).identity[0] == named


def test_a_declared_character_set_is_believed() -> None:
    assert whole_text("MÃ¼ller", ("ISO_IR 100",)) == "MÃ¼ller"
    assert whole_text("MÃ¼ller", ("ISO_IR 6",)) == whole_text("MÃ¼ller", ()) == "Müller"


@pytest.mark.parametrize(
    ("value", "names"),
    [(None, ()), ("", ()), ("ISO_IR 100", ("ISO_IR 100",)), (["", "ISO 2022 IR 87"], ("", "ISO 2022 IR 87"))],
)
def test_the_values_of_the_character_set(value: object, names: tuple[str, ...]) -> None:
    assert character_set_of(value) == names
