"""Progress: on a terminal, after a second, on stderr."""

from __future__ import annotations

import sys

import pytest

from viewer3d.cli import report
from viewer3d.cli.report import Meter


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, patience: float = 0.0) -> None:
    # In the test itself: while fixtures are made, stderr is another object.
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(report, "PATIENCE", patience)


def work() -> None:
    with Meter() as meter:
        for stage, total in (("headers", 3), ("slices", 5)):
            for done in range(1, total + 1):
                meter(stage, done, total)


def test_long_work_is_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_terminal(monkeypatch)
    work()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.index("headers") < err.index("slices")
    assert err.count("100%") >= 2


def test_short_work_is_not(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_terminal(monkeypatch, patience=60)
    work()
    assert capsys.readouterr() == ("", "")


def test_nothing_is_shown_without_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PATIENCE", 0.0)
    work()
    assert capsys.readouterr() == ("", "")


def test_an_error_ends_the_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_terminal(monkeypatch)

    def fail() -> None:
        with Meter() as meter:
            meter("slices", 2, 5)
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 (it is this test's own)
        fail()
    assert capsys.readouterr().err.endswith("\x1b[?25h\n")  # the cursor is shown again


def test_what_is_long_and_uncounted_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Meter() as meter:
        meter.begin("drawing")
    assert capsys.readouterr() == ("", "")
    on_a_terminal(monkeypatch)
    with Meter() as meter:
        meter("slices", 5, 5)
        meter.begin("drawing")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\ndrawing ...\n")
