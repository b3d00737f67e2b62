from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from viewer3d.cli import main
from viewer3d.phantom.challenge import questions
from viewer3d.phantom.challenge.cases import CASES
from viewer3d.phantom.challenge.questions import all_questions


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [replace(case, make=lambda folder: (folder / "IM0001.dcm").write_bytes(b"")) for case in CASES[:2]]
    monkeypatch.setattr(questions, "CASES", tuple(made))


@pytest.mark.usefixtures("few")
def test_make_says_what_to_fill_in(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["challenge", "make", str(tmp_path / "new")])
    assert (done.exit_code, done.stdout.partition(";")[0]) == (0, "2 series")
    assert (tmp_path / "new" / "questions.csv").is_file()
    again = CliRunner().invoke(main, ["challenge", "make", str(tmp_path / "new")])
    assert (again.exit_code, again.stdout) == (2, "")
    assert "is not empty" in again.stderr


def test_score_says_what_is_wrong_and_why(tmp_path: Path) -> None:
    answers = {(one.case.name, one.name): f"{one.truth}" for one in all_questions()}
    answers |= {("slopes", "value_a"): "165", ("plain", "side"): ""}
    rows = ["case,question,answer", *(f"{case},{name},{given}" for (case, name), given in answers.items())]
    path = tmp_path / "answers.csv"
    path.write_text("\n".join(rows))
    done = CliRunner().invoke(main, ["challenge", "score", str(path)])
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert "slopes         4 of 5" in lines
    assert "plain          4 of 5" in lines
    told = [line.strip() for line in lines if line.startswith("   ")]
    assert told == [
        "side: not answered",
        "value_a: 165, true is 330 +- 25; one Rescale Slope was taken for all slices",
    ]
    assert lines[-1] == f"{len(answers) - 2} of {len(answers)} right, {len(answers) - 1} answered"
    found = json.loads(CliRunner().invoke(main, ["challenge", "score", str(path), "--json"]).stdout)
    assert (found["right"], found["asked"], len(found["marks"])) == (len(answers) - 2, len(answers), len(answers))


def test_no_sheet_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["challenge", "score", str(tmp_path / "no.csv")])
    assert done.exit_code == 2
    assert "no such file" in done.stderr
