"""A picture with segments and structures is made again from its file and the data of each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from pydicom import dcmread

from tests.cli.region_files import Regions, write_regions
from tests.phantom_files import write_phantom
from tests.recipes.layered import SMALL
from viewer3d import Layer, Segmentation, figures, load, load_segmentation, load_structures, read_recipe, screenshot
from viewer3d.cli.recipes import recipe_text
from viewer3d.core.layers import place_layers
from viewer3d.errors import ChoiceError, RecipeError
from viewer3d.recipes.data_record import OverlayRecord, RegionsRecord
from viewer3d.recipes.record import Recipe
from viewer3d.recipes.replay import replay

SIZE = (240, 80)
SHIFT = np.array([[0, -1, 0, 7], [1, 0, 0, -9], [0, 0, 1, 1 / 3], [0, 0, 0, 1.0]])


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Regions]:
    """A CT, and what lies over it, in a folder."""
    folder = tmp_path_factory.mktemp("study")
    write_phantom(folder / "ct", **SMALL)
    return folder / "ct", write_regions(folder / "over", folder / "ct")


def drawn(ct: Path, path: Path, *overlays: Any) -> Path:
    screenshot(load(ct), path, "mpr", size=SIZE, overlays=list(overlays))
    return path


def changed(source: Path, target: Path, change: Callable[[Any], None]) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    dataset = dcmread(source)
    change(dataset)
    dataset.save_as(target)
    return target


def test_the_data_are_found_and_the_bytes_are_the_same(study: tuple[Path, Regions], tmp_path: Path) -> None:
    ct, over = study
    cases: list[tuple[Path, list[Any]]] = [
        (over.seg, [str(over.seg)]),
        (over.structures, [over.structures]),
        (over.seg, [Layer(load_segmentation(over.seg), "Organs", SHIFT, look={"segments": "Liver", "fill": 0.5})]),
        (over.structures, [Layer(load_structures(over.structures), same_frame=True, look={"outline": 3})]),
        (over.labels, [over.labels]),
        (over.organs, [Layer(over.organs, look={"segments": ["spleen"]})]),
    ]
    for source, overlays in cases:
        picture = drawn(ct, tmp_path / "fig.png", *overlays)
        alone = screenshot(load(ct), view="mpr", size=SIZE)
        assert (screenshot(load(ct), view="mpr", size=SIZE, overlays=overlays) != alone).any()
        for places in ([ct.parent], [source, ct] if source == over.seg else [ct, source]):
            made = replay(picture, places, tmp_path / "again.png")
            assert (made.verdict, made.reason, made.notes) == ("identical", "to the byte", ()), (source, places)
            assert (tmp_path / "again.png").read_bytes() == picture.read_bytes()


@pytest.mark.slow
def test_images_and_regions_together_in_figures_and_movies(study: tuple[Path, Regions], tmp_path: Path) -> None:
    ct, over = study
    overlays = [
        Layer(over.structures, look={"segments": "PTV 60"}),
        Layer(load(ct), "Before", look={"opacity": 0.5, "colors": "pet"}),
        Layer(over.seg, look={"segments": ["Lung, left"], "outline": 1}),
    ]
    figures.plane(load(ct), overlays=overlays, size=(120, 90)).save(tmp_path / "plane.png")
    figures.mpr(load(ct), overlays=overlays, size=(180, 60)).save(tmp_path / "mpr.svg")
    figures.lightbox(load(ct), n=4, overlays=overlays, size=(120, 120)).save(tmp_path / "lightbox.png")
    figures.cine(load(ct), overlays=overlays, size=(60, 40)).save(tmp_path / "cine.gif")
    for name in ("plane.png", "mpr.svg", "lightbox.png", "cine.gif"):
        assert len(read_recipe(tmp_path / name).overlays) == 3
        made = replay(tmp_path / name, ct.parent)
        assert (made.verdict, made.reason) == ("identical", "to the byte"), (name, made)


def test_a_recipe_names_nobody_and_comes_back(study: tuple[Path, Regions], tmp_path: Path) -> None:
    ct, over = study
    overlays = [Layer(over.seg, look={"segments": ["Liver", 3]}), over.structures]
    recipe = read_recipe(drawn(ct, tmp_path / "fig.png", *overlays))
    text = recipe.to_json()
    assert Recipe.from_json(text) == recipe
    assert Recipe.from_json(text).to_json() == text
    for word in ("Liver", "Lung", "PTV", "Isocentre", load(ct).frame_of_reference, "1.2.3.77", "Organs"):
        assert word not in text
    held = json.loads(text)["overlays"]
    assert held[0]["look"] == {"segments": [1, 3]}
    assert list(held[0]["regions"]["colors"]) == ["1", "2", "3"]
    assert "affine" not in held[1]["regions"]
    told = recipe_text(recipe)
    assert "segmentation" in told
    assert "structure set" in told
    assert "look given" in told
    assert "segments 1 3" in told.replace(",", "").replace("[", "").replace("]", "")


def test_what_differs_is_named() -> None:
    base = Segmentation.from_array(np.eye(4, dtype=np.uint8)[..., None] * [1, 2], np.diag([2, 2, 3, 1.0]))
    record = RegionsRecord.of(base)
    assert record.differences(record) == ()
    other = Segmentation.from_array(base.labels[0] * 2, base.affine)
    assert record.differences(RegionsRecord.of(other)) == ("labels", "names", "colors")
    moved = Segmentation.from_array(base.labels[0], np.diag([2, 2, 3.1, 1.0]))
    assert record.differences(RegionsRecord.of(moved)) == ("geometry",)
    named = Segmentation.from_array(base.labels[0], base.affine, names={1: "A"}, colors={2: (1, 2, 3)})
    assert record.differences(RegionsRecord.of(named)) == ("names", "colors")
    assert RegionsRecord.of(record.colored(named)).colors == record.colors


def test_other_colours_and_names_of_a_file_are_told_and_the_picture_is_as_it_was(
    study: tuple[Path, Regions], tmp_path: Path
) -> None:
    ct, over = study
    picture = drawn(ct, tmp_path / "fig.png", over.seg)

    def recolored(dataset: Any) -> None:
        dataset.SegmentSequence[0].RecommendedDisplayCIELabValue = [60000, 20000, 20000]

    def renamed(dataset: Any) -> None:
        dataset.SegmentSequence[0].SegmentLabel = "Tumour"

    seg = changed(over.seg, tmp_path / "colors" / "seg.dcm", recolored)
    made = replay(picture, [ct, seg])
    assert made.verdict == "identical"
    assert made.notes == ("the colours of the regions of segments are others now, and were drawn as they were",)
    seg = changed(over.seg, tmp_path / "names" / "seg.dcm", renamed)
    made = replay(picture, [ct, seg])
    assert (made.verdict, made.reason) == ("same", "in every pixel; the rest of the file differs")
    assert made.notes == ("the names of the regions of segments are others",)


def test_other_labels_and_contours_are_other_data(study: tuple[Path, Regions], tmp_path: Path) -> None:
    ct, over = study
    picture = drawn(ct, tmp_path / "fig.png", over.seg, over.structures)

    def flipped(dataset: Any) -> None:
        dataset.PixelData = bytes(255 - one for one in dataset.PixelData)

    def moved(dataset: Any) -> None:
        for item in dataset.ROIContourSequence[0].ContourSequence:
            item.ContourData = [float(one) + 2 for one in item.ContourData]

    seg = changed(over.seg, tmp_path / "other" / "seg.dcm", flipped)
    structures = changed(over.structures, tmp_path / "other" / "structures.dcm", moved)
    made = replay(picture, [ct, seg, over.structures])
    assert (made.verdict, made.reason) == ("other data", "other labels of segments than those of the picture")
    made = replay(picture, [ct, over.seg, structures])
    assert (made.verdict, made.reason) == ("other data", "other contours of structures than those of the picture")

    def further(dataset: Any) -> None:
        for group in dataset.PerFrameFunctionalGroupsSequence:
            position = group.PlanePositionSequence[0].ImagePositionPatient
            position[0] += 10

    seg = changed(over.seg, tmp_path / "moved" / "seg.dcm", further)
    made = replay(picture, [ct, seg, over.structures])
    assert made.reason == "other geometry of segments than those of the picture"


def test_what_is_not_there_is_said(study: tuple[Path, Regions], tmp_path: Path) -> None:
    ct, over = study
    picture = drawn(ct, tmp_path / "fig.png", over.seg)
    with pytest.raises(ChoiceError, match="ct holds no segmentation of segments: give the place of its file as well"):
        replay(picture, ct)
    with pytest.raises(ChoiceError, match="holds no segmentation of segments"):
        replay(picture, [ct, over.structures])
    several = tmp_path / "several"
    several.mkdir()
    for number in (1, 2):

        def renumbered(dataset: Any, number: int = number) -> None:
            dataset.SOPInstanceUID = f"1.2.3.{number}"
            dataset.PixelData = bytes([number]) * len(dataset.PixelData)

        changed(over.seg, several / f"{number}.dcm", renumbered)
    with pytest.raises(ChoiceError, match=r"none of 2 objects of the kind segmentation in .*several is that of"):
        replay(picture, [ct, several])
    shutil.copy(over.seg, several / "it.dcm")
    assert replay(picture, [ct, several]).verdict == "identical"
    labels = drawn(ct, tmp_path / "labels.png", over.labels)
    with pytest.raises(ChoiceError, match="holds no segmentation"):
        replay(labels, ct)
    with pytest.raises(RecipeError, match="give one place for all"):
        replay(labels, [ct, over.labels, over.seg])


def test_a_series_by_its_own_frame_of_reference_is_placed_as_it_was(
    study: tuple[Path, Regions], tmp_path: Path
) -> None:
    """Anonymizers give each series another Frame of Reference UID."""
    ct, over = study
    picture = drawn(ct, tmp_path / "fig.png", over.seg)

    def reframed(dataset: Any) -> None:
        dataset.FrameOfReferenceUID = "1.2.99.1"

    seg = changed(over.seg, tmp_path / "anonymous" / "seg.dcm", reframed)
    made = replay(picture, [ct, seg])
    assert (made.verdict, made.reason) == ("identical", "to the byte")
    assert any("is no more said to be in the frame of reference of the base" in note for note in made.notes)


def test_a_label_map_takes_its_names_and_its_frame_again(study: tuple[Path, Regions], tmp_path: Path) -> None:
    """A name without a voxel is a segment; names in the file's table are not in the recipe, but their digest."""
    ct, over = study
    table = tmp_path / "names.csv"
    table.write_text("1,Liver,10,200,30\n2,Nothing\n3,Spleen\n")
    held = nibabel.load(over.labels)
    affine = held.affine.copy()
    affine[2, 3] += 4
    shifted = tmp_path / "shifted.nii"
    nibabel.save(nibabel.Nifti1Image(np.asarray(held.dataobj), affine), shifted)
    frame = load(ct).frame_of_reference
    data = load_segmentation(shifted, names=table, frame_of_reference=frame)
    picture = drawn(ct, tmp_path / "fig.png", Layer(data, look={"segments": "Liver"}))
    made = replay(picture, [ct, shifted, table])
    assert (made.verdict, made.notes) == ("identical", ())
    made = replay(picture, [ct, shifted])
    assert made.verdict == "same"  # its colour is the recipe's; its name alone, which is written small, is another
    assert "the names of the regions of segments are others: give the table of names as well" in made.notes[0]


def test_a_damaged_neighbour_does_no_harm(study: tuple[Path, Regions], tmp_path: Path) -> None:
    ct, over = study
    picture = drawn(ct, tmp_path / "fig.png", over.seg, over.labels)
    folder = tmp_path / "many"
    folder.mkdir()
    shutil.copy(over.labels, folder / "b.nii.gz")
    shutil.copy(over.seg, folder)
    (folder / "a.nii.gz").write_bytes(over.labels.read_bytes()[:200])
    (folder / "broken.dcm").write_bytes(over.seg.read_bytes()[:-30])
    assert replay(picture, [ct, folder, folder]).verdict == "identical"


def test_a_record_of_regions_keeps_what_is_given(study: tuple[Path, Regions]) -> None:
    ct, over = study
    (placed,) = place_layers(load(ct), Layer(over.seg, "Liver of Doe", look={"segments": 1})).regions
    assert OverlayRecord.of(placed, ["Doe^John"]).name == ""
    record = OverlayRecord.of(placed)
    assert (record.name, record.look) == ("Liver of Doe", {"segments": [1]})
    with pytest.raises(RecipeError):
        Recipe.from_json(_with_color(ct, placed, "red"))


def _with_color(ct: Path, placed: Any, color: str) -> str:
    from viewer3d.recipes.make import recipe_of

    plain = json.loads(recipe_of("plane", [load(ct)], SIZE, overlays=[placed]).to_json())
    plain["overlays"][0]["regions"]["colors"]["1"] = color
    return json.dumps(plain)


def test_real_regions_are_drawn_again(real: Callable[[str], Path], tmp_path: Path) -> None:
    picture = drawn(real("ct_seg_liver"), tmp_path / "liver.png", Layer(real("seg_liver"), look={"segments": "Liver"}))
    assert replay(picture, [real("ct_seg_liver"), real("seg_liver")]).verdict == "identical"
    study = real("ct_rtstruct")
    picture = drawn(study, tmp_path / "plan.png", study / "invalid_reference_rt.dcm")
    for places in (study, [study, study / "invalid_reference_rt.dcm"]):
        assert replay(picture, places).verdict == "identical"
