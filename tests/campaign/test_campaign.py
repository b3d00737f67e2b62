"""The campaign: it sees what should not be, makes each case again, and a short run of it finds nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from click.testing import Result as Done

from tests.campaign.__main__ import campaign, main
from tests.campaign.codestreams import DEFLATED, LAYOUTS, SHAPE, SOURCES, write
from tests.campaign.elements import PIXELS, Parts
from tests.campaign.encoders import SYNTAXES
from tests.campaign.injected import WAYS
from tests.campaign.kinds import SHARES
from tests.campaign.outcomes import BAD, Outcome, Result, table
from tests.campaign.runner import in_turn
from tests.campaign.series import SERIES
from viewer3d import load, phantom
from viewer3d.dicom.pixels.transfer_syntaxes import FAMILY_OF

SEEN = {
    "right": Outcome.RIGHT, "clear": Outcome.ERROR, "crash": Outcome.CRASH, "exit": Outcome.CRASH,
    "hang": Outcome.HANG, "foreign": Outcome.FOREIGN, "memory": Outcome.FOREIGN, "nameless": Outcome.BROKEN,
    "assertion": Outcome.BROKEN,
}  # fmt: skip
LOSSLESS = ("RLE", "JPEG lossless", "JPEG-LS", "JPEG 2000, lossless", "HTJ2K, lossless", "JPEG XL, lossless")

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is bounded by Linux's RLIMIT_AS")


def outcomes(kinds: list[str], cases: int, seed: int, tmp_path: Path, **how: Any) -> list[Result]:
    return campaign(list(islice(in_turn(kinds), cases)), seed, tmp_path, **{"workers": 2, "minutes": 5, **how})


def told(results: list[Result]) -> str:
    return "\n\n".join(f"{one.name} ({one.source}; {one.how}): {one.outcome}\n{one.text}" for one in results)


@pytest.mark.slow
@linux
def test_it_sees_crashes_hangs_foreign_exceptions_and_greed(tmp_path: Path) -> None:
    results = outcomes(["injected"], len(WAYS), 1, tmp_path, seconds=1.5)
    assert {one.number: one.outcome for one in results} == {n: SEEN[way] for n, way in enumerate(WAYS)}
    assert "in case" in next(one.text for one in results if one.outcome == Outcome.HANG)  # where it hung


def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    results = outcomes(
        ["headers", "overlays", "meshes", "codestreams", "containers", "states"], 24, 3, tmp_path, workers=1
    )
    assert len(results) == 24
    assert {one.kind for one in results} == {"headers", "overlays", "meshes", "codestreams", "containers", "states"}
    bad = [one for one in results if one.outcome in BAD]
    assert not bad, told(bad)
    assert {Outcome.RIGHT, Outcome.ERROR} <= {one.outcome for one in results}


@pytest.mark.slow
def test_a_longer_run_finds_nothing(tmp_path: Path) -> None:
    results = outcomes(list(SHARES), 1500, 20, tmp_path, minutes=0.9)
    assert {one.kind for one in results} == set(SHARES)
    bad = [one for one in results if one.outcome in BAD]
    assert not bad, told(bad)


@pytest.mark.slow
def test_damaged_headers_of_real_series_are_told(real: Callable[[str], Path], tmp_path: Path) -> None:
    real(".")
    results = outcomes(["real"], 2000, 20, tmp_path, minutes=2)
    bad = [one for one in results if one.outcome in BAD]
    assert not bad, told(bad)


def command(*words: object) -> Done:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_command_prints_a_table_and_goes_on_from_its_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    words = ("--only", "injected", "--cases", 4, "--first", 6, "--seed", 7, "--log", log)
    program = [sys.executable, "-m", "tests.campaign", *map(str, words), "--seconds", "60"]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 1, done.stderr
    assert "| injected | 4 | 1 | 1 | 0 | 0 | 1 | 0 | 1 | 0 |" in done.stdout
    assert "broken promise: --seed 7 --replay injected:6" in done.stdout
    assert "crash: --seed 7 --replay injected:8" in done.stdout
    before = log.read_text()
    again = command(*words)
    assert (again.stdout, log.read_text()) == (done.stdout, before)
    assert command("--only", "nothing").exit_code == 2


@pytest.mark.slow
def test_the_command_does_a_case_again(tmp_path: Path) -> None:
    one = command("--replay", "headers:5", "--seed", 7, "--keep", tmp_path / "kept")
    other = command("--replay", "headers:5", "--seed", 7, "--keep", tmp_path / "kept2")
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name / "headers-5" / "series").iterdir()}
        for name in ("kept", "kept2")
    )
    assert first == second
    assert one.stdout.split("text:")[0] == other.stdout.split("text:")[0]


def test_the_log_is_of_its_seed(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    own = Result("injected", 0, "right", "", Outcome.RIGHT, "of seed 1")
    log.write_text(json.dumps({"seed": 1, "result": own.to_plain()}) + "\n")
    cases = [("injected", 0)]
    assert campaign(cases, 1, tmp_path, workers=1, minutes=1, log=log) == [own]
    assert campaign(cases, 2, tmp_path, workers=1, minutes=1, log=log)[0].text == ""


def test_kinds_are_dealt_out_by_their_shares() -> None:
    some = [kind for kind, _ in islice(in_turn(SHARES), 1000)]
    assert {kind: some.count(kind) for kind in SHARES} == {kind: 10 * share for kind, share in SHARES.items()}
    assert set(some[:100]) == set(SHARES)


def test_the_table_has_a_row_for_each_kind() -> None:
    some = [Result("codestreams", n, "RLE", "", Outcome.ERROR) for n in range(1200)]
    lines = table([*some, Result("kills", 0, "a", "", Outcome.HANG)], by_source=["codestreams"]).splitlines()
    assert lines[2:] == [
        "| codestreams | 1,200 | 0 | 1,200 | 0 | 0 | 0 | 0 | 0 | 0 |",
        "| ... RLE | 1,200 | 0 | 1,200 | 0 | 0 | 0 | 0 | 0 | 0 |",
        "| kills | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 1 |",
    ]


def test_every_transfer_syntax_of_the_table_is_damaged(tmp_path: Path) -> None:
    assert {one.uid for one in SYNTAXES.values()} == set(FAMILY_OF)
    assert set(SOURCES) == {*SYNTAXES, DEFLATED}
    phantom.write(tmp_path / "true", shape=SHAPE)
    truth = load(tmp_path / "true").voxels
    for number, (name, syntax) in enumerate(SYNTAXES.items()):
        layout = LAYOUTS[number % len(LAYOUTS)]
        (tmp_path / name).mkdir()
        write(syntax, layout, tmp_path / name)
        volume = load(tmp_path / name)
        assert volume.shape == SHAPE
        if name.startswith(LOSSLESS) and "near" not in name:
            assert np.array_equal(volume.voxels, truth), name


@pytest.mark.parametrize("name", SERIES)
def test_a_file_is_put_together_as_it_was_taken_apart(name: str, tmp_path: Path) -> None:
    SERIES[name](tmp_path)
    for path in sorted(tmp_path.glob("*.dcm")):
        parts = Parts.of(path.read_bytes())
        elements = parts.elements()
        without = {"structures", "presentation", "plan", "reg"}
        assert any(one.tag == PIXELS for one in elements) or path.stem in without
        assert Parts.of(parts.whole()).data.rstrip(b"\0") == parts.data.rstrip(b"\0")
        if not parts.deflated:
            assert parts.whole() == path.read_bytes()
