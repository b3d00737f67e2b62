"""A person's file of settings: found, read, and told by its line where it is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from viewer3d.core.window import Window
from viewer3d.errors import SettingsError
from viewer3d.settings import read
from viewer3d.settings.values import OpeningRule, Settings

WHOLE = """\
[keys]
"save picture" = "ctrl+j"
k = ["F5", "F6"]

[[windows]]
name = "my-lung"
center = -550
width = 1600
function = "SIGMOID"
unit = "HU"
digit = 2

[[windows]]
name = "flair"
low = 10
high = 900
modality = "MR"

[[windows]]
name = "most"
high = 97.5
unit = "percentile"

[[transfer_functions]]
name = "my-bone"
scale = "HU"
specular = 0.3
points = [[150, "#7A3b2a", 0.0], [600, "#f0ddbf", 0.8], [3000, "#ffffff", 1]]

[[colors]]
name = "fire"
colors = ["#000000", "#ff0000", "#FFFFFF"]

[[colors]]
name = "ice"
points = [[0, 0, 0, 0], [255, 0, 128, 255]]

[session]
keep = false
recent = true

[open]
CT = "mpr"
PT = { view = "axial", over = "CT" }
"""


def test_a_whole_file() -> None:
    said = read.parse_settings(WHOLE).settings
    assert said.keys == {"save picture": "ctrl+j", "k": ("F5", "F6")}
    lung, flair, most = (one.row for one in said.windows)
    assert (lung.window, lung.scale, lung.digit) == (Window(-550, 1600, "SIGMOID"), "HU", 2)
    assert (flair.window, flair.modality, flair.scale) == (Window(455, 890, "LINEAR_EXACT"), "MR", "")
    assert (most.scale, most.high) == ("percentile", 97.5)
    (bone,) = said.transfer_functions
    assert bone.own.text == ("my-bone: HU composite specular 0.3 150#7a3b2a/0 600#f0ddbf/0.8 3000#ffffff/1")
    assert [one.own.text for one in said.colors] == [
        "fire: 0#000000 128#ff0000 255#ffffff",
        "ice: 0#000000 255#0080ff",
    ]
    assert (said.session.keep, said.session.recent) == (False, True)
    assert said.open == {"CT": "mpr", "PT": OpeningRule("axial", "CT")}


def test_an_empty_file_is_as_all_is_built_in() -> None:
    said = read.parse_settings("").settings
    assert said == Settings()
    assert (said.session.keep, said.session.recent) == (True, False)


WINDOW = '[[windows]]\nname = "a"\ncenter = 1\nwidth = 2\nunit = "HU"\n'
TRANSFER = '[[transfer_functions]]\nname = "a"\nscale = "HU"\n'
P3 = 'points = [[0, "#000000", 0], [1, "#ffffff", 1], [2, "#ffffff", 1]]\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[sesion]\nkeep = true", 1, "there is no 'sesion': did you mean session?"),
        ("\n[session]\nkep = true", 3, "[session]: there is no 'kep': did you mean keep?"),
        ("[session]\nkeep = 1", 2, "keep: this is a whole number; give true or false"),
        (WINDOW + WINDOW.replace('"a"', '"b"').replace("width", "widht"), 9, "'widht': did you mean width?"),
        (WINDOW.replace("= 2", '= "x"'), 4, "[[windows]]: width: this is text in quotes; give a number"),
        (WINDOW.replace("= 2", "= 0"), 1, "the width of LINEAR at least 1"),
        (WINDOW.replace("= 2", "= nan"), 1, "must be finite"),
        (WINDOW.replace('unit = "HU"\n', ""), 1, 'unit = "HU"'),
        (WINDOW + "low = 2\n", 1, "either center and width, or low and high"),
        (WINDOW + "digit = 10\n", 1, "digit 10: give a key from 1 to 9"),
        (WINDOW.replace('"a"', '"Lung"'), 1, "lower-case letters"),
        (WINDOW.replace('"a"', '"lung"'), 2, "lung is built in, and means the same everywhere: give another name"),
        (WINDOW.replace('"a"', '"softtissue"'), 2, "softtissue is built in"),
        (WINDOW + WINDOW, 7, "a is there twice"),
        (
            WINDOW + "digit = 3\n" + WINDOW.replace('"a"', '"b"') + "digit = 3\n",
            12,
            "digit 3 is that of a, for the same values",
        ),
        (TRANSFER, 1, "points is missing: give it"),
        (TRANSFER.replace("HU", "hu") + P3, 3, "scale: 'hu'; give one of HU, SUV, percentile"),
        (TRANSFER + P3.replace("[2,", "[1,"), 1, "each higher than the last"),
        (TRANSFER + P3.replace("#ffffff", "white"), 1, "colour 'white'; give red, green and blue in hexadecimal"),
        (TRANSFER + P3 + "step = 0.001\n", 1, "step 0.001; give 0.1 to 2"),
        (TRANSFER.replace('"a"', '"CT-AAA"'.lower()) + P3, 2, "ct-aaa is built in"),
        (TRANSFER.replace('"a"', '"none"') + P3, 2, "none is built in"),
        ('[[colors]]\nname = "viridis"\ncolors = ["#000000", "#ffffff"]', 2, "viridis is built in"),
        ('[[colors]]\nname = "a"\ncolors = ["#000000"]', 1, "give 2 to 256 points"),
        ('[[colors]]\nname = "a"\npoints = [[0, 0, 0, 0], [255, 0, 0, 300]]', 1, "whole numbers from 0 to 255"),
        ('[[colors]]\nname = "a"\npoints = [[0, 0, 0, 0], [200, 0, 0, 0]]', 1, "the last at 255 (white)"),
        ('[open]\nCT = "mrp"', 2, "no view is named 'mrp'"),
        ('[open]\nCT = "mpr"\nPT = { veiw = "mpr" }', 3, "'veiw': did you mean view?"),
        ('[open]\nscout = "mpr"', 2, "'scout' is no modality"),
        ('[open]\nPET = "mpr"', 2, "'PET' is no modality: give PT"),
        ('[open]\nct = "mpr"', 2, "'ct' is no modality: give CT"),
        ('[open]\nCT = "mpr"\nPT = { over = "ct" }', 3, 'over = "ct" is no modality: give CT'),
        ('[open]\nCT = { over = "PET" }', 2, 'over = "PET" is no modality: give PT'),
        (WINDOW + 'modality = "mr"\n', 1, 'modality = "mr" is no modality: give MR'),
        (WINDOW.replace("HU", "hu"), 1, 'unit = "hu": give "HU"'),
        ('[[colors]]\nname = "a"\npoints = [[0, 0, 0, 0], [255, 0, 0]]', 3, "points: give 4 values"),
        ('[keys]\n"save picture" = 3', 2, "save picture: this is a whole number; give text in quotes or a list"),
        ("windows = 3", 1, "give a list"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(SettingsError) as told:
        read.parse_settings(text, "own.toml")
    message = str(told.value)
    assert message.startswith(f"own.toml, line {line}"), message
    assert words in message
    assert "\n" not in message


def test_what_is_no_toml_is_told_by_its_line() -> None:
    with pytest.raises(SettingsError, match=r"^own.toml: no TOML: .*line 2.*viewer3d presets --example"):
        read.parse_settings("[session]\nkeep = maybe\n", "own.toml")


def test_the_file_is_found_and_read_again_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.toml"
    monkeypatch.setenv("VIEWER3D_SETTINGS", str(path))
    path.write_text("[session]\nkeep = false\n")
    os.utime(path, ns=(1, 1))
    assert not read.settings().session.keep
    assert read.settings() is read.settings()
    path.write_text("[session]\nkeep = true \n")
    os.utime(path, ns=(2, 2))
    assert read.settings().session.keep


def test_without_a_file_all_is_as_it_is_built_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read.settings_path() is None  # as tests/conftest.py has it
    assert read.settings() == Settings()
    monkeypatch.delenv("VIEWER3D_SETTINGS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = read.settings_path()
    assert path is not None
    assert path.name == "settings.toml"
    assert "viewer3d" in path.parts


def test_a_file_that_is_named_and_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.toml"
    monkeypatch.setenv("VIEWER3D_SETTINGS", str(path))
    with pytest.raises(SettingsError, match=r"there is no such file, and VIEWER3D_SETTINGS names it"):
        read.settings()
    path.write_text("[session]\nkeep = false\n", encoding="utf-8-sig")  # as editors of Windows write it
    assert not read.settings().session.keep
    path.write_bytes(b"# \xff\n")
    with pytest.raises(SettingsError, match=r"byte 2 is not UTF-8"):
        read.settings()
    path.write_bytes(b"#" * (read.LARGEST_FILE + 1))
    with pytest.raises(SettingsError, match=r"1,048,577 bytes"):
        read.settings()
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingsError, match=r"own.toml: .*: make it a file"):
        read.settings()
