"""Segmentations, structure sets and label maps over a volume from the shell: what is meant, drawn and refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest

from tests.cli.conftest import pixels, run
from tests.cli.region_files import Regions, write_regions
from viewer3d import Layer, load, load_segmentation, load_structures, read_recipe, screenshot
from viewer3d.app.show import read_state

SHOT = ("--view", "mpr", "--size", "240x120")


@pytest.fixture
def over(ct: Path, tmp_path: Path) -> Regions:
    return write_regions(tmp_path / "over", ct)


def test_what_is_at_the_path_is_drawn_as_the_same_layer_in_python(ct: Path, over: Regions, tmp_path: Path) -> None:
    alone = screenshot(load(ct), view="mpr", size=(240, 120))
    out = tmp_path / "out.png"
    cases = [
        (over.seg, "segments=Liver,outline=3,fill=20%", load_segmentation, {"segments": ["Liver"], "outline": 3}),
        (over.structures, "opacity=50%", load_structures, {"opacity": 0.5}),
        (over.labels, "segments=3", load_segmentation, {"segments": [3]}),
        (over.organs, "segments=spleen", load_segmentation, {"segments": ["spleen"]}),
    ]
    for path, words, read, look in cases:
        done = run("shot", ct, "-o", out, *SHOT, "--overlay", path, "--look", words)
        assert done.exit_code == 0, done.output
        if "fill" in words:
            look["fill"] = 0.2
        made = screenshot(load(ct), view="mpr", size=(240, 120), overlays=[Layer(read(path), look=look)])
        assert np.array_equal(pixels(out), made), path
        assert 0.001 < np.mean(np.any(made != alone, axis=-1)) < 0.5, path
    assert read_state(out).regions[0].segments == (2,)


def test_names_may_have_blanks_commas_and_quotes(ct: Path, over: Regions, tmp_path: Path) -> None:
    for words in ('segments="Lung, left":Liver', "segments='Lung, left',1", "outline=1,segments=2:Liver,fill=0"):
        done = run("shot", ct, "-o", tmp_path / "out.png", *SHOT, "--overlay", over.seg, "--look", words)
        assert done.exit_code == 0, done.output
        assert read_state(tmp_path / "out.png").regions[0].segments == (1, 2), words


def test_images_are_meant_unless_the_look_or_the_series_says_otherwise(
    ct: Path, over: Regions, other: Path, tmp_path: Path
) -> None:
    """A folder holds the CT, another series, a segmentation (series 7) and a structure set (series 8)."""
    study = tmp_path / "study"
    for folder in (ct, other):
        shutil.copytree(folder, study / folder.name)
    shutil.copy(over.seg, study)
    shutil.copy(over.structures, study)
    out = tmp_path / "out.png"
    base = ("shot", study / "ct", "-o", out, *SHOT, "--overlay")

    def drawn(*words: object) -> tuple[int, int]:
        done = run(*base, *words)
        assert done.exit_code == 0, done.output
        state = read_state(out)
        return len(state.layers) - 1, len(state.regions)

    assert drawn(study / "other") == (1, 0)
    assert drawn(study, "--look", "series=8,name=Plan") == (0, 1)
    assert drawn(study, "--look", "series=1.2.7") == (0, 1)
    shutil.copy(over.structures, study / "other")
    assert drawn(study / "other") == (1, 0)
    assert drawn(study / "other", "--look", "outline=1") == (0, 1)
    assert drawn(study / "other", "--look", "series=8") == (0, 1)
    several = run(*base, study, "--look", "fill=0.5")
    lines = several.stderr.splitlines()
    assert (several.exit_code, lines[0]) == (
        2,
        f"viewer3d: --overlay {study} holds 3 objects with regions; choose one:",
    )
    assert lines[1].startswith("  --look series=1.2.3.77  series 7 SEG Organs: segmentation, 3 segments, over series 2")
    itself = run(*base, study / "ct")
    assert "is the base itself" in itself.stderr
    shutil.copy(over.seg, study / "ct")
    assert "; a segmentation there is --look series=7" in run(*base, study / "ct").stderr


def test_a_label_map_lies_where_it_is_said_to(ct: Path, over: Regions, tmp_path: Path) -> None:
    """It says no frame of reference: the grid of the base, a word or a matrix lets it in."""
    (tmp_path / "names.csv").write_text("1,Liver,0,200,0\n3,Spleen,200,0,0\n")
    out = tmp_path / "out.png"
    words = ("shot", ct, "-o", out, *SHOT, "--overlay")
    done = run(*words, over.labels, "--look", f"names={tmp_path / 'names.csv'},segments=Spleen,name=Model")
    assert done.exit_code == 0, done.output
    assert "Model does not say its frame of reference; it lies on the grid of the base" in done.stderr
    assert read_state(out).regions[0].segments == (3,)
    held = nibabel.load(over.labels)
    moved = held.affine.copy()
    moved[2, 3] += 4
    nibabel.save(nibabel.Nifti1Image(np.asarray(held.dataobj), moved), tmp_path / "moved.nii")
    refused = run(*words, tmp_path / "moved.nii")
    assert refused.exit_code == 2
    assert "or --look same_frame where you know" in refused.stderr
    assert run(*words, tmp_path / "moved.nii", "--look", "same_frame").exit_code == 0
    frame = load(ct).frame_of_reference
    assert run(*words, tmp_path / "moved.nii", "--look", f"frame_of_reference={frame}").stderr == ""


def test_figures_and_movies_take_them_too(ct: Path, over: Regions, tmp_path: Path) -> None:
    words = ("--overlay", over.seg, "--look", "segments=Liver,fill=0.5")
    for verb in (
        ("figure", "plane", ct, "-o", tmp_path / "a.png", "--size", "120x90"),
        ("movie", ct, "-o", tmp_path / "a.gif", "--kind", "cine", "--size", "90x60"),
    ):
        done = run(*verb, *words)
        assert done.exit_code == 0, done.output
        (record,) = read_recipe(verb[-3] if verb[0] == "figure" else tmp_path / "a.gif").overlays
        assert record.regions is not None


def test_a_saved_view_has_its_regions_and_a_look_changes_them(ct: Path, over: Regions, tmp_path: Path) -> None:
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    words = ("--overlay", over.seg)
    run("figure", "plane", ct, "-o", first, "--size", "120x90", *words, "--look", "segments=Liver,outline=1")
    again = run("figure", "plane", ct, "-o", second, "--size", "120x90", "--state", first, *words)
    assert again.exit_code == 0, again.output
    assert np.array_equal(pixels(first), pixels(second))
    changed = ("--look", 'segments="Lung, left"')
    run("figure", "plane", ct, "-o", second, "--size", "120x90", "--state", first, *words, *changed)
    look = read_state(second).regions[0]
    assert (look.segments, look.outline) == ((2,), 1)
    lacking = run("figure", "plane", ct, "-o", second, "--state", first)
    assert "--state: the view was saved with 1 overlay, 0 given" in lacking.stderr
    other_kind = run("figure", "plane", ct, "-o", second, "--state", first, "--overlay", ct, "--look", "opacity=0.3")
    assert other_kind.exit_code == 2
    assert "give the overlays that it was made with" in other_kind.stderr


REFUSED = [
    (["{seg}", "window=bone"], "--overlay {seg}: is a segmentation, and --look window is of images: give some of"),
    (["{labels}", "names={names},colors=pet"], "--look colors is of images, names of segmentations"),
    (["{structures}", "member=1"], "is a structure set, and --look member is of images"),
    (["{seg}", "names={names}"], "--look names is of label maps (NIfTI, NRRD): give some of series, name, transform"),
    (["{labels}", "series=3"], "--look series is of DICOM"),
    (["{ct}", "segments=Liver"], "--overlay {ct}: there is no segmentation and no structure set, and one of"),
    (["{seg}", "segments=Spleen"], "no segment 'Spleen': give numbers or names of: 1 Liver, 2 Lung, left, 3 Cyst"),
    (["{seg}", "segments=9"], "no segment 9: give numbers or names of"),
    (["{structures}", "segments=PTV"], "no ROI 'PTV': give numbers or names of: 1 PTV 60, 4 Isocentre"),
    (["{seg}", "rendering=bone"], "rendering 'bone' of regions: give surface or none"),
    (["{seg}", "series=9"], "has no object of the series '9'; choose one:"),
    (["{seg}", "outline=99"], "outline 99 of a layer: give 0 to 20 pixels"),
    (["{seg}", "outline=1,colors=pet"], "--look colors is of images, outline of segmentations and structure sets"),
    (["{pdf}", "outline=1"], "--overlay {pdf}: there is no segmentation and no structure set"),
    (["{labels}", "names={pdf}"], "names no label"),
]


@pytest.mark.parametrize(("words", "says"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_what_cannot_be_drawn_is_one_line(words: list[str], says: str, ct: Path, over: Regions, tmp_path: Path) -> None:
    places = {"ct": ct, "pdf": tmp_path / "a.pdf", "names": tmp_path / "names.csv", **over._asdict()}
    places["pdf"].write_bytes(b"%PDF-1.7\n%%EOF\n")
    places["names"].write_text("1,Liver\n")
    path, look = (word.format(**places) for word in words)
    result = run("shot", ct, "-o", tmp_path / "out.png", *SHOT, "--overlay", path, "--look", look)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says.format(**places) in result.stderr
    assert len(result.stderr.splitlines()) == 1 or "choose one" in result.stderr
    assert not (tmp_path / "out.png").exists()


def test_the_picture_replaces_no_file_that_is_read(ct: Path, over: Regions) -> None:
    for path in (over.seg, over.labels, over.organs / "liver.nii.gz"):
        first = path.rename(path.with_name("first.png")) if path == over.seg else path
        before = first.read_bytes()
        link = first.with_name("link.png")
        link.hardlink_to(first)
        read = path.parent if path.parent == over.organs else first
        result = run("shot", ct, "-o", link, *SHOT, "--overlay", read)
        assert result.exit_code == 2, result.output
        assert (first.read_bytes(), len(result.stderr.splitlines())) == (before, 1)
        link.unlink()


def test_the_ceiling_of_memory_is_for_all_that_is_loaded(ct: Path, over: Regions, tmp_path: Path) -> None:
    words = ("shot", ct, "-o", tmp_path / "out.png", *SHOT, "--overlay", over.labels, "--max-memory")
    assert run(*words, "10M").exit_code == 0
    refused = run(*words, "120K")
    assert refused.exit_code == 2
    assert str(over.labels) in refused.stderr


def test_list_and_info_show_label_maps_too(over: Regions, tmp_path: Path) -> None:
    for verb in ("list", "info"):
        for path, names in ((over.labels, ("Segment 1", "Segment 3")), (over.organs, ("liver", "spleen"))):
            done = run(verb, path)
            assert (done.exit_code, done.stderr) == (0, ""), done.output
            data = load_segmentation(path)
            for one in data.segments:
                assert f"{one.number} {one.name}, {data.voxels(one.number):,} voxels" in done.stdout
            (held,) = json.loads(run(verb, path, "--json").stdout)["objects"]
            assert tuple(one["name"] for one in held["segments"]) == names
            assert held["segments"][0]["ml"] == data.measure(names[0]).ml
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "a.nii").write_bytes(b"none")
    assert "no series with pixels" in run("list", damaged).stdout
    refused = run("info", damaged / "a.nii")
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (2, 1)


def test_real_regions_are_drawn_over_their_ct(real: Callable[[str], Path], tmp_path: Path) -> None:
    out, study = tmp_path / "out.png", real("ct_rtstruct")
    words = ("--overlay", real("seg_liver"), "--look", "segments=Liver,outline=2,fill=0.2,rendering=none")
    done = run("shot", real("ct_seg_liver"), "-o", out, "--view", "axial", "--size", "300x300", *words)
    assert (done.exit_code, done.output) == (0, "")
    drawn = run("shot", study, "-o", out, *SHOT, "--overlay", study / "invalid_reference_rt.dcm")
    assert (drawn.exit_code, drawn.stdout) == (0, "")
    refused = run("shot", study, "-o", out, *SHOT, "--overlay", study / "rt.dcm")
    assert "its frame of reference is another" in refused.stderr


def test_figures_of_regions_are_made_in_the_shell_and_made_again(ct: Path, over: Regions, tmp_path: Path) -> None:
    cases = {
        "overlay": ("-n", "2", "--margin", "5", "--overlay", over.seg, "--look", "fill=1"),
        "segmentation-comparison": ("-n", "1", "--segments", "1,3", "--overlay", over.labels, "--overlay", over.labels),
    }
    for name, words in cases.items():
        out = tmp_path / f"{name}.png"
        done = run("figure", name, ct, "-o", out, "--size", "500x300", *words)
        assert (done.exit_code, done.stdout) == (0, ""), done.output
        places = [over.seg] if name == "overlay" else [over.labels] * 2
        assert run("replay", out, ct, *places).output == "identical: to the byte\n"
