"""The verb presets: what it lists, prints and checks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from viewer3d.app.input.bindings import BINDINGS
from viewer3d.cli import main
from viewer3d.core.window import window_rows
from viewer3d.settings.opening import example_text, opening_rules, rule_for
from viewer3d.settings.read import parse_settings
from viewer3d.settings.values import OpeningRule, Settings


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["presets", *words])
    return int(ended.value.code or 0)


def listed(capsys: pytest.CaptureFixture[str]) -> dict:
    assert run("--json") == 0
    return json.loads(capsys.readouterr().out)


def test_without_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = listed(capsys)
    assert tables["file"] == {"path": None, "exists": False}
    assert [one["name"] for one in tables["windows"]] == [*window_rows()]
    assert not any(one["own"] for name in ("windows", "transfer_functions", "colors", "keys") for one in tables[name])
    assert {title for one in tables["keys"] for title in [one["title"]]} >= {
        title for one in BINDINGS if one.choices is None for title in one.action_titles
    }
    assert tables["session"] == {"keep": True, "recent": False}
    monkeypatch.delenv("VIEWER3D_SETTINGS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run() == 0
    first, *_ = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"your own file: .*viewer3d.settings\.toml \(not there\)", first)


def test_with_a_file(capsys: pytest.CaptureFixture[str], own_file: Callable[..., Path]) -> None:
    own_file(own_file().read_text() + '\n[keys]\ni = "F5"\n[open]\nMR = "axial"\n')
    tables = listed(capsys)
    assert tables["file"]["exists"]
    by_name = {one["name"]: one for one in tables["windows"]}
    assert by_name["my-lung"] == {
        "name": "my-lung",
        "unit": "HU",
        "modality": None,
        "center": -550,
        "width": 1600,
        "function": "SIGMOID",
        "digit": 2,
        "own": True,
    }
    assert by_name["lung"]["digit"] is None  # its key is my-lung's
    assert (by_name["liver"]["digit"], by_name["0-7"]["digit"], by_name["0-95%"]["digit"]) == (3, 2, 2)
    assert [one["name"] for one in tables["transfer_functions"] if one["own"]] == ["my-bone", "my-mip"]
    (fire,) = (one for one in tables["colors"] if one["own"])
    assert fire == {"name": "fire", "colors": ["#000000", "#800000", "#ff0000", "#ff7e7e", "#ffffff"], "own": True}
    (moved,) = (one for one in tables["keys"] if one["own"])
    assert (moved["title"], moved["keys"]) == ("black and white exchanged", ["F5"])
    assert tables["open"]["MR"] == {"view": "axial", "over": None, "own": True}
    assert tables["open"]["PT"] == {"view": "quad", "over": "CT", "own": False}
    assert run() == 0
    text = capsys.readouterr().out
    assert "my-lung        -550/1600 SIGMOID HU, key 2  (own)" in text
    assert "flair          10 to 900 MR  (own)" in text
    assert re.search(r"F5 +black and white exchanged  \(own\)", text)


def test_a_file_that_is_wrong(capsys: pytest.CaptureFixture[str], own_file: Callable[..., Path]) -> None:
    path = own_file('[keys]\ni = "j"\n')
    assert run("--json") == 2
    said = capsys.readouterr()
    assert len(json.loads(said.out)["windows"]) == len(window_rows())
    assert said.err.splitlines() == [
        "viewer3d: the file of settings cannot be followed: this is what is built in",
        f"viewer3d: {path}, line 2, [keys]: i: j is the key of 'value bar': give another, or move that too",
    ]


def test_the_example_is_right_as_it_is_and_with_all_of_it_taken(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("--example") == 0
    text = capsys.readouterr().out
    assert text == example_text()
    assert parse_settings(text).settings == Settings()
    path = tmp_path / "own.toml"
    path.write_text(re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE))
    assert run("--check", str(path)) == 0
    assert capsys.readouterr().out == (
        f"{path}: right: 3 keys, 3 windows, 1 transfer function, 2 colour maps, 3 opening rules\n"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[keys]\ni = "j"\n', "line 2, [keys]: i: j is the key of 'value bar'"),
        ("[session]\nkep = true\n", "line 2, [session]: there is no 'kep': did you mean keep?"),
        (None, "No such file or directory: give a file of settings"),
    ],
)
def test_a_check_that_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "own.toml"
    if text is not None:
        path.write_text(text)
    assert run("--check", str(path)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"viewer3d: {path}")
    assert words in said.err
    assert said.err.count("\n") == 1


def test_what_opens_how() -> None:
    rules = opening_rules(Settings())
    assert rule_for(rules, "CT") == OpeningRule("quad")
    assert rule_for(rules, "MR") == OpeningRule("mpr")
    assert rule_for(rules, "PT") == OpeningRule("quad", "CT")
    assert rule_for(rules, "MR", is_localizer=True) == OpeningRule("single")
    assert rule_for(rules, "CT", is_single=True) == OpeningRule("single")
    assert rule_for(rules, "") == rule_for(rules, "XA") == OpeningRule("quad")
    own = opening_rules(parse_settings('[open]\nCT = "mpr"\nXA = "axial"\nPT = "3d"').settings)
    assert [rule_for(own, one) for one in ("CT", "XA", "PT", "MR")] == [
        *(OpeningRule("mpr"), OpeningRule("axial"), OpeningRule("3d"), OpeningRule("mpr")),
    ]
