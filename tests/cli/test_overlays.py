"""Volumes over another from the shell: what is chosen, how it is placed, what is said, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import COARSE, SMALL, pixels, rewrite, run
from tests.dicom.objects.reg_files import registration_item, write_registration
from tests.phantom_files import write_phantom
from viewer3d import Layer, load, read_recipe, screenshot
from viewer3d.app.show import read_state
from viewer3d.phantom import Faults
from viewer3d.render.gl import find_opengl

SHOT = ("--view", "mpr", "--size", "240x120")


def test_a_shot_is_that_of_the_same_layer_in_python(ct: Path, other: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    looks = ("--look", "colors=pet,opacity=50%", "--look", "window=bone,name=Other")
    result = run("shot", ct, "-o", out, *SHOT, "--overlay", other, *looks)
    assert (result.exit_code, result.output) == (0, "")
    layer = Layer(load(other), "Other", look={"colors": "pet", "opacity": 0.5, "window": "bone"})
    made = screenshot(load(ct), view="mpr", size=(240, 120), overlays=[layer])
    assert np.array_equal(pixels(out), made)
    alone = screenshot(load(ct), view="mpr", size=(240, 120))
    assert np.mean(np.any(made != alone, axis=-1)) > 0.1
    look = read_state(out).layers[1]
    assert (look.colors, look.opacity, look.window.width) == ("pet", 0.5, 1800)


def test_each_overlay_has_its_own_look_and_the_last_is_on_top(ct: Path, other: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    red, grey = ("--look", "colors=hot-iron,opacity=1"), ("--look", "opacity=1,window=file")
    run("shot", ct, "-o", first, *SHOT, "--overlay", other, *red, "--overlay", ct, *grey)
    run("shot", ct, "-o", second, *SHOT, "--overlay", ct, *grey, "--overlay", other, *red)
    assert [one.colors for one in read_state(first).layers] == ["grey", "hot-iron", "grey"]
    assert [one.colors for one in read_state(second).layers] == ["grey", "grey", "hot-iron"]
    assert not np.array_equal(pixels(first), pixels(second))


def test_a_volume_of_another_frame_of_reference_takes_a_matrix_or_trust(ct: Path, other: Path, tmp_path: Path) -> None:
    rewrite(other, FrameOfReferenceUID="1.2.4")
    words = ("shot", ct, "-o", tmp_path / "out.png", *SHOT, "--overlay", other, "--look")
    refused = run(*words, "name=Other")
    assert refused.exit_code == 2
    assert len(refused.stderr.splitlines()) == 1
    assert "viewer3d: Other: its frame of reference is another" in refused.stderr
    assert "give --look transform=FILE (4 x 4" in refused.stderr
    assert "or --look same_frame where" in refused.stderr
    trusted = run(*words, "name=Other,same_frame")
    note = "note: Other is taken to be in the frame of reference of the base, as was asked for.\n"
    assert (trusted.exit_code, trusted.stdout, trusted.stderr) == (0, "", note)
    before = pixels(tmp_path / "out.png")
    np.savetxt(tmp_path / "move.txt", np.eye(4))
    moved = run(*words, f"transform={tmp_path / 'move.txt'}")
    assert (moved.exit_code, moved.stderr) == (0, "note: CT 1 was placed by a given matrix.\n")
    assert run(*words, "transform=1 0 0 9000 0 1 0 0 0 0 1 0 0 0 0 1").stderr.count("does not overlap the base") == 1
    assert before.shape == (120, 240, 3)


def test_a_registration_places_an_overlay_either_way(ct: Path, other: Path, tmp_path: Path) -> None:
    """The item's matrix leads to the frame of reference of the object; the other way it is inverted."""
    rewrite(other, FrameOfReferenceUID="1.2.4")
    move = np.eye(4)
    move[0, 3] = 12
    file = tmp_path / "reg.dcm"
    words = ("-o", tmp_path / "out.png", *SHOT, "--overlay")
    write_registration(file, load(ct).frame_of_reference, [registration_item("1.2.4", move)])
    for base, over, shift in ((ct, other, 12), (other, ct, -12)):
        done = run("shot", base, *words, over, "--look", f"name=Over,transform={file}")
        assert (done.exit_code, done.stderr) == (0, "note: Over was placed by a Spatial Registration (reg.dcm).\n")
        (record,) = read_recipe(tmp_path / "out.png").overlays
        np.testing.assert_allclose(np.array(record.transform)[:3, 3], (shift, 0, 0))
    write_registration(file, "1.2.5", [registration_item("1.2.4", move)])
    refused = run("shot", ct, *words, other, "--look", f"transform={file}")
    assert refused.exit_code == 2
    assert "reg.dcm: the frame of reference of the base" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_notes_of_an_overlay_are_told_with_its_name(ct: Path, other: Path, tmp_path: Path) -> None:
    write_phantom(tmp_path / "tilted", faults=Faults(tilt=10), **SMALL)
    result = run(
        "shot", ct, "-o", tmp_path / "out.png", *SHOT, "--overlay", tmp_path / "tilted", "--look", "name=Before"
    )
    assert result.exit_code == 0
    assert result.stdout == ""
    assert any(line.startswith("note: Before: The gantry was tilted") for line in result.stderr.splitlines())
    assert all(line.startswith("note: Before") for line in result.stderr.splitlines())


def test_whose_overlay_it_is_is_said_where_patients_are_named(ct: Path, other: Path, tmp_path: Path) -> None:
    words = ("shot", ct, "-o", tmp_path / "out.png", *SHOT, "--overlay", other)
    rewrite(ct, PatientID="A1")
    rewrite(other, PatientID="B2")
    assert run(*words).stderr == ""
    assert run(*words, "--identify").stderr == "note: CT 1 has another Patient ID than the base.\n"
    rewrite(other, PatientID="A1")
    assert run(*words, "--identify").stderr == ""


def test_what_is_chosen_of_several_series_is_told_with_those_that_fit(ct: Path, other: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    write_phantom(both, faults=Faults(second_series=True), **SMALL)
    write_phantom(tmp_path / "far", **SMALL)
    rewrite(tmp_path / "far", SeriesInstanceUID="1.2.9", SeriesNumber=9, FrameOfReferenceUID="1.2.4")
    for path in (tmp_path / "far").iterdir():
        path.rename(both / f"far-{path.name}")
    words = ("shot", both, "-o", tmp_path / "out.png", *SHOT, "--series", 2, "--overlay", both)
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0] == f"viewer3d: --overlay {both} holds 3 volumes; choose one:"
    assert [line.split()[1] for line in lines[1:4]] == ["series=2", "series=3", "series=9"]
    assert lines[4:] == ["in the frame of reference of the base, and overlapping it: --look series=3"]
    missed = run(*words, "--look", "series=5")
    assert missed.stderr.endswith("in the frame of reference of the base, and overlapping it: --look series=3\n")
    assert len(missed.stderr.splitlines()) == 1
    none = run("shot", both, "-o", tmp_path / "out.png", *SHOT, "--series", 9, "--overlay", both)
    assert none.stderr.splitlines()[-1].startswith("no other lies in the frame of reference of the base")
    chosen = run(*words, "--look", "series=3,colors=pet")
    assert (chosen.exit_code, chosen.output) == (0, "")


def test_how_it_is_read_is_each_overlays_own(ct: Path, tmp_path: Path) -> None:
    write_phantom(tmp_path / "bad", faults=Faults(truncated=(4,)), **COARSE)
    rewrite_words = ("shot", ct, "-o", tmp_path / "out.png", *SHOT, "--overlay", tmp_path / "bad")
    refused = run(*rewrite_words)
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"viewer3d: --overlay {tmp_path / 'bad'}")
    assert "truncated" in refused.stderr
    assert "(--look skip_bad)" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert run(*rewrite_words, "--skip-bad").exit_code == 2  # that is of PATH
    taken = run(*rewrite_words, "--look", "skip_bad")
    assert taken.exit_code == 0
    assert "note: CT 1: " in taken.stderr


def test_the_ceiling_of_memory_is_for_all_that_is_loaded(ct: Path, other: Path, tmp_path: Path) -> None:
    # The one at PATH holds 9 K when it is read, the overlay takes 40 K.
    words = ("shot", other, "-o", tmp_path / "out.png", *SHOT, "--overlay", ct, "--max-memory")
    assert run(*words, "60K").exit_code == 0
    refused = run(*words, "44K")
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"viewer3d: --overlay {ct}: ")
    assert "max_memory (--max-memory)" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_member_of_a_4d_set_is_chosen(ct: Path, real: Callable[[str], Path], tmp_path: Path) -> None:
    words = ("shot", ct, "-o", tmp_path / "out.png", *SHOT, "--overlay", real("mr_4d_ge"))
    words = (*words, "--look", "transform=1 0 0 0 0 1 0 0 0 0 1 60 0 0 0 1", "--look")
    by_name = run(*words, "which=time:1")
    assert by_name.exit_code == 0, by_name.output
    first = pixels(tmp_path / "out.png")
    by_number = run(*words, "member=1")
    assert by_number.exit_code == 0, by_number.output
    assert read_state(tmp_path / "out.png").layers[1].member == 1
    assert np.mean(np.any(first != pixels(tmp_path / "out.png"), axis=-1)) < 0.02  # its name says which of two
    assert "holds 2 volumes; choose one" in run(*words, "opacity=1").stderr
    assert "volume 3 of a set, and here are 2" in run(*words, "member=2").stderr


def test_what_two_volumes_in_3d_cost_is_told(ct: Path, other: Path, tmp_path: Path) -> None:
    words = ("shot", ct, "-o", tmp_path / "out.png", "--size", "90x90", "--show-couch", "--overlay", other)
    told = "note: Two volumes in the 3D pane: a still picture takes"
    asked = ("--look", "rendering=ct-bone")
    assert told not in run(*words, "--view", "axial", *asked).stderr
    if not (opengl := find_opengl()).works:
        pytest.skip(opengl.why_not)
    assert told in run(*words, "--view", "3d", *asked).stderr
    assert told not in run(*words, "--view", "3d").stderr
    assert told not in run(*words, "--view", "3d", *asked, "--look", "shown=no").stderr


def test_many_overlays_are_drawn(ct: Path, other: Path, tmp_path: Path) -> None:
    many = [word for _ in range(20) for word in ("--overlay", other)]
    result = run("shot", ct, "-o", tmp_path / "out.png", "--view", "axial", "--size", "120x90", *many)
    assert (result.exit_code, result.output) == (0, "")
    assert len(read_state(tmp_path / "out.png").layers) == 21


REFUSED = [
    (["--look", "opacity=1"], "--look opacity=1: is of no overlay: give --overlay PATH before it"),
    (["--overlay", "{other}", "--look", "colour=pet"], "there is no 'colour'; did you mean colors?"),
    (["--overlay", "{ct}"], "--overlay {ct}: is the base itself: choose another, or how it differs"),
    (["--overlay", "{pdf}"], "--overlay {pdf}: no DICOM here (1 not DICOM)"),
    (["--overlay", "{empty}"], "--overlay {empty}: empty; give a folder"),
    (["--overlay", "{none}"], "--overlay {none}: no such file or folder"),
    (["--overlay", "{other}", "--look", "series=9"], "--overlay {other}: no series '9'; give a Series Number"),
    (["--overlay", "{other}", "--look", "stack=2"], "has no stack 2"),
    (["--overlay", "{other}", "--look", "which=echo:2"], "no volumes are told apart by 'echo' here"),
    (["--overlay", "{other}", "--look", "unit=SUVbw"], "--overlay {other}: "),
    (["--overlay", "{other}", "--look", "spacing=1,1,1"], "leave spacing out"),
    (["--overlay", "{other}", "--look", "window=0-10"], "window 0-10 is for values in SUV, this is CT in HU"),
    (["--overlay", "{other}", "--look", "rendering=x"], "no transfer function is named 'x'"),
    (["--overlay", "{other}", "--look", "member=1"], "volume 2 of a set, and here are 1"),
    (["--overlay"], "--overlay"),
]


@pytest.mark.parametrize(("words", "says"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_what_cannot_be_drawn_is_one_line(words: list[str], says: str, ct: Path, other: Path, tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("none", "empty", "pdf")} | {"ct": ct, "other": other}
    places["empty"].mkdir()
    places["pdf"].write_bytes(b"%PDF-1.7\n%%EOF\n")
    result = run("shot", ct, "-o", tmp_path / "out.png", *SHOT, *(word.format(**places) for word in words))
    assert (result.exit_code, result.stdout) == (2, "")
    assert says.format(**places) in result.stderr
    assert len(result.stderr.splitlines()) == 1 or "Usage" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out.png").exists()


def test_the_picture_replaces_none_of_the_overlays_files(ct: Path, other: Path) -> None:
    first = sorted(other.iterdir())[0]
    first = first.rename(first.with_suffix(".png"))
    before = first.read_bytes()
    result = run("shot", ct, "-o", first, *SHOT, "--overlay", other)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert first.read_bytes() == before


def test_the_real_pair_is_fused(real: Callable[[str], Path], tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    words = ("--at", "-58.594,-2.344,-327.497", "--overlay", real("pet_ac_bqml"), "--look", "window=0-10,opacity=0.5")
    result = run("shot", real("ct_torso_acrin"), "-o", out, "--view", "axial", "--size", "400x300", *words)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "note: PET: Positions stray from even steps" in result.stderr
    state = read_state(out)
    assert (state.layers[1].window.center, state.layers[1].opacity, state.layers[1].colors) == (5, 0.5, "hot-iron")
    picture = pixels(out).astype(int)
    warm = (picture[..., 0] - picture[..., 2] > 60).sum()
    assert warm > 20  # the maximum of the PET
