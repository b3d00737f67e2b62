"""The line for a path: what is typed, completed, pasted and listed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from viewer3d.app.places.path_prompt import (
    LONGEST_LISTING,
    PathPrompt,
    completed,
    list_names,
    matching_names,
    plain_path,
    rows_of_folder,
    split_path,
    with_path_key,
    with_rows,
    with_text,
)

NAMES = ("study one/", "study two/", "Scan/", ".hidden/", "a.dcm")


def typed(text, names=NAMES):
    return with_rows(PathPrompt((), text), rows_of_folder(text, names))


def titles(prompt):
    return [one.title for one in prompt.rows]


def test_a_path_is_split_where_its_last_name_begins(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert split_path("/data/stu") == ("/data", "stu")
    assert split_path("/data/") == ("/data", "")
    assert split_path("/") == ("/", "")
    assert split_path("~") == ("/home/me", "")
    assert split_path("~/stu") == ("/home/me", "stu")
    assert split_path("stu") == ("./", "stu")
    assert split_path("") == ("", "")


@pytest.mark.parametrize(
    "pasted", ["'/data/my study'", '"/data/my study"', " /data/my study\n", "file:///data/my%20study"]
)
def test_what_desktops_write_around_a_path_is_left_out(pasted):
    assert plain_path(pasted) == "/data/my study"


def test_names_are_listed_with_folders_first(tmp_path):
    for name in ("b", "A", ".c"):
        (tmp_path / name).mkdir()
    (tmp_path / "0.dcm").touch()
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert list_names(str(tmp_path)) == (f".c{os.sep}", f"A{os.sep}", f"b{os.sep}", "0.dcm", "gone")
    with pytest.raises(FileNotFoundError):
        list_names(str(tmp_path / "none"))
    assert LONGEST_LISTING >= 1000


def test_names_match_in_any_case_and_hidden_ones_where_the_point_is_typed():
    assert matching_names(NAMES, "s") == ("study one/", "study two/", "Scan/")
    assert ".hidden/" not in matching_names(NAMES, "")
    assert matching_names(NAMES, ".") == (".hidden/",)


def test_a_folder_itself_comes_first_and_a_whole_name_is_opened():
    assert titles(typed("/data/"))[:2] == ["open this folder", "study one/"]
    assert typed("/data/").chosen_row.path == "/data"
    assert not typed("/data/").chosen_row.is_into
    assert titles(typed("/data/Scan")) == ["open Scan/", "Scan/"]
    assert typed("/data/Scan").chosen_row.path == "/data/Scan"
    row = typed("/data/sc").chosen_row
    assert (row.path, row.is_into) == ("/data/Scan/", True)
    assert typed("/data/a.d").chosen_row.path == "/data/a.dcm"
    assert typed("/data/x").chosen_row is None


def test_tab_goes_as_far_as_all_agree_and_then_into_what_is_chosen():
    agreed = completed(typed("/data/st"))
    assert agreed.text == "/data/study "
    on = typed(agreed.text)
    assert completed(on).text == "/data/study one/"
    second = with_path_key(on, "Down", "", 10)
    assert completed(second).text == "/data/study two/"
    assert completed(typed("/data/sc")).text == "/data/Scan/"
    assert completed(typed("/data/a")).text == "/data/a.dcm"
    assert completed(typed("/data/")).text == "/data/study one/"
    nothing = typed("/data/x")
    assert completed(nothing) is nothing


def test_keys_type_and_take_back():
    prompt = typed("/data/st")
    assert with_path_key(prompt, "x", "x", 10).text == "/data/stx"
    assert with_path_key(prompt, "BackSpace", "", 10).text == "/data/s"
    assert with_path_key(prompt, "ctrl+BackSpace", "", 10).text == "/data/"
    assert with_path_key(typed("/data/"), "Left", "", 10).text == "/"
    assert with_path_key(prompt, "ctrl+u", "", 10).text == ""
    assert with_path_key(prompt, "ctrl+x", "x", 10) is prompt
    assert with_path_key(prompt, "F5", "", 10).text == prompt.text
    assert len(with_text(prompt, "/" * 10**5).text) == 4096
    end = with_path_key(prompt, "End", "", 10)
    assert (end.selected, end.chosen_row.title) == (1, "study two/")
    assert isinstance(end, PathPrompt)
    assert [one.title for one in end.found] == titles(end)


def test_a_path_of_this_machine(tmp_path: Path):
    (tmp_path / "study").mkdir()
    text = f"{tmp_path}{os.sep}"
    prompt = typed(text, list_names(str(tmp_path)))
    assert Path(completed(prompt).text) == tmp_path / "study"


def test_tab_keeps_letters_that_are_longer_in_the_other_case():
    names = ("straße one/", "straße two/")
    assert completed(typed("/data/s", names)).text == "/data/straße "
