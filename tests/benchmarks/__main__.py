"""The command that prints the tables."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import click

from tests.benchmarks import archive as archive_module
from tests.benchmarks import archive_growth as archive_growth_module
from tests.benchmarks import beside as beside_module
from tests.benchmarks import compressed as compressed_module
from tests.benchmarks import convert as convert_module
from tests.benchmarks import fusion as fusion_module
from tests.benchmarks import guard as guard_module
from tests.benchmarks import load as load_module
from tests.benchmarks import memory as memory_module
from tests.benchmarks import motion as motion_module
from tests.benchmarks import movie as movie_module
from tests.benchmarks import peer_slicer, readme
from tests.benchmarks import regions as regions_module
from tests.benchmarks import resample as resample_module
from tests.benchmarks import scan as scan_module
from tests.benchmarks import segmentation as segmentation_module
from tests.benchmarks import structures as structures_module
from tests.benchmarks import surfaces as surfaces_module
from tests.benchmarks import two_volumes as two_volumes_module
from tests.benchmarks import web as web_module
from tests.benchmarks import web_peers as web_peers_module
from tests.benchmarks import window as window_module
from tests.benchmarks.runs import ENVIRONMENT, in_turn, once, table
from viewer3d import phantom

PYVISTA = """
import sys, pyvista as pv
grid = pv.DICOMReader(sys.argv[1]).read()
plotter = pv.Plotter(off_screen=True, window_size=(1024, 768))
plotter.add_mesh(grid.slice_orthogonal(), cmap="gray", clim=(-160, 240))
plotter.screenshot(sys.argv[2])
"""

_runs = click.option("--runs", default=5, show_default=True, help="Counted runs of each, each after one that warms up.")
_folder = click.argument("folder", type=click.Path(exists=True), required=False)


def series_in(folder: str | None) -> str:
    """Return the folder of a series; without one of the phantom, 300 x 512 x 512, which is made once."""
    if folder is not None:
        return folder
    place = Path(tempfile.gettempdir()) / "viewer3d-300"
    if not place.exists():
        part = place.with_suffix(".part")
        phantom.write(part, shape=(512, 512, 300))
        part.rename(place)
    return str(place)


@click.group()
def main() -> None:
    """Time viewer3d beside its peers (pip install '.[bench]'); compare ratios, not seconds."""


@main.command()
@click.argument("folder", type=click.Path())
@click.option("--slices", default=300, show_default=True)
@click.option("--size", default=512, show_default=True)
def make(folder: str, slices: int, size: int) -> None:
    """Write the phantom as a series of DICOM files, uncompressed, to time on."""
    phantom.write(folder, shape=(size, size, slices))


@main.command()
@_folder
@_runs
def cold(folder: str | None, runs: int) -> None:
    """From a cold process to a PNG of three planes, beside the shortest pyvista script."""
    folder = series_in(folder)
    with tempfile.TemporaryDirectory() as scratch:
        commands = cold_commands(folder, str(Path(scratch) / "out.png"))
        click.echo(table(in_turn(commands, runs), "viewer3d shot"))


def cold_commands(folder: str, out: str) -> dict[str, list[str]]:
    """Return what makes a PNG of a folder from the shell, by name."""
    shot = [sys.executable, "-m", "viewer3d", "shot", folder, "-o", out, "--view", "mpr", "--size", "1024x768"]
    return {"viewer3d shot": shot, "pyvista script": [sys.executable, "-c", PYVISTA, folder, out]}


@main.command()
@_runs
def segmentation(runs: int) -> None:
    """From a segmentation of 477 frames of 512 x 512 to label layers, imports excluded, beside highdicom."""
    with tempfile.TemporaryDirectory() as scratch:
        path = str(segmentation_module.make_file(Path(scratch) / "seg.dcm"))
        ways = {name: [sys.executable, segmentation_module.__file__, name, path] for name in segmentation_module.WAYS}
        click.echo(table(in_turn(ways, runs), "viewer3d"))


@main.command()
@click.argument("segmentation", required=False, type=click.Path(exists=True))
@_runs
def surfaces(segmentation: str | None, runs: int) -> None:
    """From label layers to the surfaces of all segments, beside VTK's filters; without a file, of 20 balls."""
    more = [segmentation] if segmentation else []
    ways = {name: [sys.executable, surfaces_module.__file__, name, *more] for name in surfaces_module.WAYS}
    click.echo(table(in_turn(ways, runs), "viewer3d"))


@main.command()
@_runs
def structures(runs: int) -> None:
    """From 441 contours of 88,200 points to masks of 512 x 512 x 98, beside the peers that are installed."""
    ways = [one for one in structures_module.WAYS if one != "skimage" or find_spec("skimage")]
    commands = {name: [sys.executable, structures_module.__file__, name] for name in ways}
    click.echo(table(in_turn(commands, runs), "viewer3d"))


@main.command()
@_folder
@_runs
@click.option("--peer", "peers", multiple=True, type=click.Choice(list(load_module.READERS)), help="Only this one.")
def load(folder: str | None, runs: int, peers: tuple[str, ...]) -> None:
    """From a folder to voxels, imports excluded; with the memory it takes beyond the imports."""
    folder = series_in(folder)
    names = dict.fromkeys(["viewer3d", *(peers or load_module.READERS)])
    commands = {name: [sys.executable, load_module.__file__, name, folder] for name in names}
    click.echo(table(in_turn(commands, runs), "viewer3d"))


@main.command()
@click.argument("folder", type=click.Path(exists=True), required=False)
@click.option("--slices", default=1000, show_default=True, help="Of the series that is made where no FOLDER is given.")
def memory(folder: str | None, slices: int) -> None:
    """What viewers on one volume take beyond the imports, in sizes of the volume; what OpenGL holds of it is in it."""
    with tempfile.TemporaryDirectory() as scratch:
        if folder is None:  # in a process of its own: what it takes is not what is asked for
            make = [sys.executable, "-m", "tests.benchmarks", "make", scratch, "--slices", str(slices)]
            subprocess.run(make, check=True)
        told = once([sys.executable, memory_module.__file__, folder or scratch]).told
    for name, volumes in told.items():
        click.echo(f"{name:24}{volumes:8.2f} volumes")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False), required=False)
@_runs
@click.option("--syntax", "syntaxes", multiple=True, type=click.Choice(list(compressed_module.SLICES)), help="Only it.")
def compressed(folder: str | None, runs: int, syntaxes: tuple[str, ...]) -> None:
    """From compressed files to voxels, beside each single-threaded plug-in; FOLDER keeps the series for next time."""
    for syntax in syntaxes or compressed_module.SLICES:
        path = compressed_series(folder, syntax)
        click.echo(f"{syntax}, {compressed_module.SLICES[syntax]} slices")
        names = compressed_module.readers(syntax)
        commands = {name: [sys.executable, compressed_module.__file__, name, path] for name in names}
        click.echo(table(in_turn(commands, runs), "viewer3d"))


def compressed_series(folder: str | None, syntax: str) -> str:
    """Return a series of a transfer syntax, which is written once."""
    place = Path(folder or Path(tempfile.gettempdir()) / "viewer3d-compressed")
    place.mkdir(parents=True, exist_ok=True)
    # In a process of its own: the peak memory of this one is where those it starts begin to count theirs.
    subprocess.run([sys.executable, compressed_module.__file__, "write", str(place / syntax)], check=True)
    return str(place / syntax)


@main.command()
@click.argument("folder", type=click.Path(file_okay=False), required=False)
@_runs
@click.option("--slices", default=60, show_default=True)
def first(folder: str | None, runs: int, slices: int) -> None:
    """What a process takes for its first compressed series more than for the same once more; the median of the runs."""
    place = Path(folder or Path(tempfile.gettempdir()) / "viewer3d-compressed")
    place.mkdir(parents=True, exist_ok=True)
    for syntax in compressed_module.SLICES:
        path = place / f"{syntax}-{slices}"
        subprocess.run([sys.executable, compressed_module.__file__, "write", str(path)], check=True)
        command = [sys.executable, compressed_module.__file__, compressed_module.FIRST, str(path)]
        rows = [once(command) for _ in range(runs)]
        wall, cpu = (statistics.median(getattr(row, what) for row in rows) for what in ("wall", "cpu"))
        click.echo(f"{syntax:20}wall {wall:6.3f} s, cpu {cpu:6.3f} s")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False), required=False)
@_runs
@click.option("--files", default=10_000, show_default=True)
@click.option("--series", default=20, show_default=True)
def scan(folder: str | None, runs: int, files: int, series: int) -> None:
    """From a tree of small files to the series in it, beside pydicom on some of them; FOLDER keeps it for next time."""
    place = scan_tree(folder, files, series)
    commands = {name: [sys.executable, scan_module.__file__, name, place] for name in scan_module.READERS}
    click.echo(table(in_turn(commands, runs), "viewer3d.scan"))


def scan_tree(folder: str | None, files: int, series: int) -> str:
    """Return a tree of small files, which is written once."""
    place = Path(folder or Path(tempfile.gettempdir()) / f"viewer3d-scan-{files}-{series}")
    place.mkdir(parents=True, exist_ok=True)
    scan_module.write(place, files, series)
    return str(place)


@main.command()
@_folder
@_runs
@click.option("--way", "ways", multiple=True, type=click.Choice(list(window_module.WAYS)), help="Only this one.")
def window(folder: str | None, runs: int, ways: tuple[str, ...]) -> None:
    """One step of a slice, a window change and the first picture at 1200 x 900, beside pyvista's two ways."""
    folder = series_in(folder)
    names = ways or tuple(window_module.WAYS)
    commands = {name: [sys.executable, window_module.__file__, name, folder] for name in names}
    click.echo(table(in_turn(commands, runs), names[0]))


@main.command()
@_folder
@_runs
@click.option("--way", "ways", multiple=True, type=click.Choice(list(movie_module.WAYS)), help="Only this one.")
def movie(folder: str | None, runs: int, ways: tuple[str, ...]) -> None:
    """A turntable of 24 frames at 512 x 512, drawn and saved, beside the same turn in pyvista."""
    folder = series_in(folder)
    names = ways or tuple(movie_module.WAYS)
    commands = {name: [sys.executable, movie_module.__file__, name, folder] for name in names}
    click.echo(table(in_turn(commands, runs), names[0]))


@main.command()
@_folder
def motion(folder: str | None) -> None:
    """Pictures a second while the camera goes around at 1024 x 768, of every transfer function, with their limit."""
    subprocess.run([sys.executable, motion_module.__file__, series_in(folder)], check=True)


@main.command("two-volumes")
@click.argument("ct", type=click.Path(exists=True))
@click.argument("pet", type=click.Path(exists=True))
@_runs
@click.option("--way", "ways", multiple=True, type=click.Choice(list(two_volumes_module.WAYS)), help="Only this one.")
def two_volumes(ct: str, pet: str, runs: int, ways: tuple[str, ...]) -> None:
    """A still in 3D of a CT alone and with PET, beside VTK's own shader for two volumes."""
    names = ways or tuple(two_volumes_module.WAYS)
    commands = {name: [sys.executable, two_volumes_module.__file__, name, ct, pet] for name in names}
    click.echo(table(in_turn(commands, runs), names[0]))


@main.command()
@_folder
def web(folder: str | None) -> None:
    """CPU and bytes of a step in a browser, folding and memory, with their limits."""
    with tempfile.TemporaryDirectory() as scratch:  # a view that was kept is offered, with a note over the picture
        environment = {**ENVIRONMENT, "XDG_STATE_HOME": scratch}
        subprocess.run([sys.executable, "-m", web_module.__name__, series_in(folder)], check=True, env=environment)


@main.command()
def beside() -> None:
    """A step through two linked series side by side, in times of a step through one."""
    subprocess.run([sys.executable, "-m", beside_module.__name__], check=True)


@main.command()
@click.argument("ct", type=click.Path(exists=True))
@click.argument("pet", type=click.Path(exists=True))
def fusion(ct: str, pet: str) -> None:
    """Slices of a CT with PET over it, beside the CT alone and two vtkImageResliceMapper, with their limits."""
    subprocess.run([sys.executable, fusion_module.__file__, ct, pet], check=True)


@main.command()
@_folder
@_runs
def convert(folder: str | None, runs: int) -> None:
    """From a folder to NIfTI, beside dcm2niix, with the limits of CPU time and size."""
    folder = series_in(folder)
    click.echo(convert_module.side_by_side([convert_module.timed(folder, one, runs) for one in (".nii", ".nii.gz")]))


@main.command()
@_runs
def resample(runs: int) -> None:
    """A CT of 256 x 256 x 120 onto other grids, imports excluded, beside SimpleITK, with the limit of CPU time."""
    commands = {name: [sys.executable, "-m", resample_module.__name__, name] for name in resample_module.WAYS}
    click.echo(resample_module.side_by_side(in_turn(commands, runs)))


@main.command()
@click.argument("folder", type=click.Path(file_okay=False), required=False)
@click.option("--runs", default=1, show_default=True, help="Runs of each way, in turn.")
@click.option("--series", default=200, show_default=True)
@click.option("--make", "jobs", default="quad", show_default=True, help="Jobs, with commas between.")
@click.option("--workers", default=2, show_default=True)
def archive(folder: str | None, runs: int, series: int, jobs: str, workers: int) -> None:
    """A run over series of 64 x 64 x 93 by workers of Dask, a pool and a loop; FOLDER keeps them for next time."""
    place = Path(folder or Path(tempfile.gettempdir()) / f"viewer3d-archive-{series}")
    place.mkdir(parents=True, exist_ok=True)
    archive_module.write_archive(place, series)
    figures = archive_module.timed(place, jobs, workers, runs)
    click.echo(table(figures, archive_module.DASK))
    for line in archive_module.limits(figures):
        click.echo(line)


@main.command()
@click.option("--series", "counts", multiple=True, type=int, default=(200, 2000, 20_000), show_default=True)
@click.option("--make", "jobs", default="thumbnail,info", show_default=True, help="Jobs, with commas between.")
@click.option("--workers", default=0, show_default=True)
def archive_growth(counts: tuple[int, ...], jobs: str, workers: int) -> None:
    """Runs over 200 to 20,000 tiny series: what each costs, and a run with nothing to do."""
    rows = []
    for count in counts:
        with tempfile.TemporaryDirectory() as scratch:
            words = [str(count), f"{scratch}/in", f"{scratch}/out", jobs, str(workers)]
            done = subprocess.run(
                [sys.executable, archive_growth_module.__file__, *words], check=True, stdout=subprocess.PIPE, text=True
            )
        rows.append(json.loads(done.stdout))
        click.echo("  ".join(f"{name} {value:.4g}" for name, value in rows[-1].items()))
    for line in archive_growth_module.limits(rows):
        click.echo(line)


@main.command()
def regions() -> None:
    """Slices with 20 segments, 9 structures or 3 levels over them, beside the slices alone, with their limits."""
    subprocess.run([sys.executable, regions_module.__file__], check=True)


@main.command()
@click.option("--against", "revision", help="A commit, branch or tag; else the newest tag.")
@click.option(
    "--size", type=click.Choice(list(guard_module.SIZES)), default="large", show_default=True, help="Of the CT."
)
@click.option("--job", "jobs", multiple=True, type=click.Choice(guard_module.ALL_JOBS), help="Only this one.")
@_runs
def guard(revision: str | None, size: str, jobs: tuple[str, ...], runs: int) -> None:
    """Each job beside another revision, in turn; ends with 1 where one takes 1.10 of its time twice in a row."""
    revision = revision or guard_module.newest_tag()
    if revision is None:
        click.echo("guard: there is no tag to compare with: give --against REVISION")
        return
    with tempfile.TemporaryDirectory() as scratch:
        then, place = Path(scratch, "then"), Path(scratch, "data")
        guard_module.unpack(revision, then)
        guard_module.make_data(place, size)
        click.echo(f"then: {revision}; CPU time, the least of {runs} runs of each")
        late = guard_module.slower(jobs or guard_module.ALL_JOBS, then, place, runs)
    if late:
        sys.exit(f"slower than at {revision}: {', '.join(late)}")


@main.command()
@_folder
@_runs
@click.option("--python", required=True, type=click.Path(exists=True), help="Of the environment with trame-slicer.")
def slicer(folder: str | None, runs: int, python: str) -> None:
    """A PNG from a cold process, and loading, beside 3D Slicer's packages."""
    folder = series_in(folder)
    with tempfile.TemporaryDirectory() as scratch:
        out = str(Path(scratch, "out.png"))
        own = {
            "picture": cold_commands(folder, out)["viewer3d shot"],
            "load": [sys.executable, load_module.__file__, "viewer3d", folder],
        }
        for way, command in own.items():
            peer = [python, peer_slicer.__file__, way, folder, out]
            click.echo(f"{way}\n{table(in_turn({'viewer3d': command, '3D Slicer': peer}, runs), 'viewer3d')}")


@main.command("web-peers")
@_folder
@click.option("--python", required=True, type=click.Path(exists=True), help="Of the environment with trame.")
def web_peers(folder: str | None, python: str) -> None:
    """A step of the page in Chromium beside pages of trame: CPU of the server and bytes."""
    click.echo(web_peers_module.table(series_in(folder), python))


@main.command("all")
@click.option("--slicer", "python", type=click.Path(exists=True), help="Python of an environment with trame-slicer.")
@click.option("--against", "revision", help="A commit, branch or tag, whose rows stand beside those of today.")
@_runs
def all_tables(runs: int, revision: str | None, python: str | None) -> None:
    """The tables of the README in its form, one after another, on series that are made for them."""
    with tempfile.TemporaryDirectory() as scratch:
        other = None
        if revision is not None:
            other = readme.Other(revision, Path(scratch, "then"))
            guard_module.unpack(revision, other.place)
        for made in readme_tables(Path(scratch), runs, other, python):
            click.echo(f"{made}\n")


def readme_tables(scratch: Path, runs: int, other: readme.Other | None, slicer_python: str | None) -> Iterator[str]:
    """Make the tables of the README, in its order."""
    folder, out = series_in(None), str(scratch / "out.png")

    def of(module: ModuleType, ways: Iterable[str], *more: str) -> dict[str, list[str]]:
        return {name: [sys.executable, str(module.__file__), name, *more] for name in ways}

    cold_ways = cold_commands(folder, out)
    if slicer_python is not None:
        cold_ways["3D Slicer"] = [slicer_python, peer_slicer.__file__, "picture", folder, out]
    yield readme.COLD.timed(cold_ways, runs, other)
    yield readme.LOAD.timed(of(load_module, load_module.READERS, folder), runs, other)
    yield readme.conversions(folder, runs, other)
    ways = {name: [sys.executable, "-m", resample_module.__name__, name] for name in resample_module.WAYS}
    yield readme.RESAMPLE.timed(ways, runs, other)
    segments = str(segmentation_module.make_file(scratch / "seg.dcm"))
    yield readme.SEGMENTATION.timed(of(segmentation_module, segmentation_module.WAYS, segments), runs, other)
    masks = [one for one in structures_module.WAYS if one != "skimage" or find_spec("skimage")]
    yield readme.STRUCTURES.timed(of(structures_module, masks), runs, other)
    yield readme.WINDOW.timed(of(window_module, window_module.WAYS, folder), runs, other)
    yield readme.MOVIE.timed(of(movie_module, movie_module.WAYS, folder), runs, other)
    found = {}
    for syntax in compressed_module.SLICES:
        path = compressed_series(None, syntax)
        commands = of(compressed_module, compressed_module.readers(syntax), path)
        own = ("viewer3d", compressed_module.WARM)
        found[syntax] = in_turn(other.beside(commands, own) if other else commands, runs)
    yield readme.decoded(found, other)
    tree = scan_tree(None, 10_000, 20)
    yield readme.SCAN.timed(of(scan_module, scan_module.READERS, tree), runs, other)


if __name__ == "__main__":
    main()
