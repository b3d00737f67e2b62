"""Progress of a stage."""

from __future__ import annotations

from viewer3d.core.progress import stage_progress


def test_a_stage_reports_under_its_name():
    calls = []
    report = stage_progress(lambda *call: calls.append(call), "headers")
    assert report is not None
    report(3, 10)
    assert calls == [("headers", 3, 10)]


def test_nobody_listens():
    assert stage_progress(None, "headers") is None
