"""Missing extensions of a SortingAnalyzer, computed by spikeinterface; those that are there stay as they are."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.domain import Computed, Lacking
from models.domains.units import analyzer
from models.domains.units.analyzer import Analyzer, first_line
from models.domains.units.around_analyzer import recording_of
from models.domains.units.guard import guarded
from models.errors import Cancelled, UserError
from models.job import Progress

#: Where extensions are kept while spikeinterface computes another one, and the file there that names this one.
KEPT, MAKING = ".winnow-kept", "making"
NO_RECORDING = "it needs the recording, which is not there"


@dataclass(frozen=True)
class Kind:
    """What an extension gives, what it is computed from (of each entry one or the other), and if the recording too.

    instead: an extension that takes the place of the recording.
    """

    gives: str
    needs: tuple[str, ...] = ()
    recording: bool = False
    instead: str = ""


#: What a curation needs of an analyzer, in the order in which one can be computed from another.
EXTENSIONS: Mapping[str, Kind] = {
    "random_spikes": Kind("the spikes that waveforms are taken of"),
    "noise_levels": Kind("the noise of each channel", recording=True),
    "waveforms": Kind("single spikes over the template", ("random_spikes",), True),
    "templates": Kind("mean waveforms", ("random_spikes|waveforms",), True, "waveforms"),
    "correlograms": Kind("correlograms in its own bins"),
    "isi_histograms": Kind("intervals in its own bins"),
    "spike_amplitudes": Kind("amplitudes over time", ("templates",), True),
    "spike_locations": Kind("the depth of each spike", ("templates",), True),
    "unit_locations": Kind("places of units on the probe", ("templates",)),
    "template_similarity": Kind("how alike templates are", ("templates",)),
    "principal_components": Kind("components of spikes", ("random_spikes", "waveforms")),
    "template_metrics": Kind("measures of the waveform", ("templates",)),
    "quality_metrics": Kind("measures of quality"),
}


def missing(folder: Path) -> list[str]:
    """Extensions that an analyzer lacks, in the order in which they can be computed."""
    have = present(folder)
    return [name for name in EXTENSIONS if name not in have]


def present(folder: Path) -> set[str]:
    """Extensions that are there whole: not one that was being computed when its program ended."""
    places = [place for place in (folder / "extensions").glob("*") if place.is_dir()]
    kept = {place.name for place in (folder / KEPT).glob("*") if place.is_dir()}
    return {place.name for place in places if not _cut_off(place)} - {_making(folder)} | kept


def lacking(folder: Path) -> list[Lacking]:
    """What an analyzer lacks, what it would give and why it cannot be computed, if so. UserError for a broken one."""
    one = analyzer.opened(folder)
    absent = missing(folder)
    recorded = bool(absent) and recording_of(one) is not None
    return _told(one, absent, recorded)


def computable(one: Analyzer) -> frozenset[str]:
    """Extensions that could be computed, as far as that is known without opening a recording."""
    found = one.kept.get("computable")
    if not isinstance(found, frozenset):
        absent = missing(one.folder)
        described = (one.folder / "recording.json").is_file() or (one.folder / "recording").is_dir()
        found = frozenset(item.name for item in _told(one, absent, described) if not item.obstacle)
        one.kept["computable"] = found
    return found


def _told(one: Analyzer, absent: Sequence[str], recorded: bool) -> list[Lacking]:
    have = set(EXTENSIONS) - set(absent)
    fixed = trouble(one.folder)
    found = []
    for name in absent:
        kind = EXTENSIONS[name]
        unheard = kind.recording and not recorded and kind.instead not in have
        reason = fixed or (NO_RECORDING if unheard else _needed(kind.needs, have))
        reason = reason or ("" if one.arrays is None else _deleted(_children_of(name) - set(absent)))
        found.append(Lacking(name, kind.gives, reason))
        have |= set() if reason else {name}
    return found


def trouble(folder: Path) -> str:
    """Why nothing can be written into an analyzer, "" when it can."""
    places = [folder, *(place for place in [folder / "extensions"] if place.is_dir())]
    if all(os.access(place, os.W_OK | os.X_OK) for place in places):
        return ""
    return f"{folder} may not be written to"


def _needed(needs: Sequence[str], have: AbstractSet[str]) -> str:
    for needed in needs:
        if not set(needed.split("|")) & have:
            return f"it needs {' or '.join(needed.split('|'))}"
    return ""


def _deleted(children: AbstractSet[str]) -> str:
    """A zarr folder's extensions cannot be put aside while another one is computed."""
    return f"spikeinterface would delete {', '.join(sorted(children))}, which were made without it" if children else ""


def _children_of(name: str) -> set[str]:
    """Extensions that may be computed from one of this name."""
    return {other for other, kind in EXTENSIONS.items() if any(name in needed.split("|") for needed in kind.needs)}


def _cut_off(place: Path) -> bool:
    """Whether an extension says that its computing was not completed."""
    for file, told in (("run_info.json", ()), (".zattrs", ("run_info",))):
        try:
            found = json.loads((place / file).read_text("utf-8"))
            for part in told:
                found = found[part]
            return found["run_completed"] is False
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return False


def compute(folder: Path, names: Sequence[str] = ()) -> Generator[Progress, None, Computed]:
    """Compute missing extensions by spikeinterface, one after the other; failures are told with their reasons.

    names: empty for all that are missing; one that is there stays as it is. An extension that needs
    the recording, or another one, fails where that is not there, and the rest goes on. Stopped between
    two it keeps those that are done. Raises UserError when the analyzer cannot be opened or written to.
    """
    unknown = [name for name in names if name not in EXTENSIONS]
    if unknown:
        raise UserError(f"there is no extension {unknown[0]!r}. Known: {', '.join(EXTENSIONS)}.")
    if folder.is_dir() and trouble(folder):
        raise UserError(f"{trouble(folder)}: its missing extensions stay missing. Copy it to a place of yours.")
    restore(folder)
    one = load_whole(folder)
    wanted = [name for name in missing(folder) if name in (names or EXTENSIONS)]
    done: list[str] = []
    failed: list[str] = []
    try:
        for place, name in enumerate(wanted):
            yield Progress(place, len(wanted), f"{folder.name}: computing {name}")
            reason = _compute_one(folder, one, name)
            if reason:
                failed.append(f"{name}: {reason}")
                yield Progress(place, len(wanted), f"{name} failed", log=failed[-1])
                continue
            done.append(name)
            one = load_whole(folder)
        yield Progress(len(wanted), len(wanted), "")
    except Cancelled:
        return Computed(tuple(done), tuple(failed), stopped=True)
    return Computed(tuple(done), tuple(failed))


def load_whole(folder: Path) -> Any:
    """The analyzer as spikeinterface has it, with all its extensions. UserError where it cannot be opened.

    Nothing in it can run: a pickle of other than arrays counts as not there.
    """
    with warnings.catch_warnings(), guarded():
        warnings.simplefilter("ignore")
        try:
            import spikeinterface as si

            one = si.load_sorting_analyzer(folder, load_extensions=False)
            for name in one.get_saved_extension_names():
                # One that cannot be read, such as components whose model is a Python object, is as if not there.
                with contextlib.suppress(Exception):
                    one.load_extension(name)
            return one
        except Exception as error:
            raise UserError(f"{folder} cannot be opened by spikeinterface: {first_line(error)}") from error


def _compute_one(folder: Path, one: Any, name: str) -> str:
    """Compute one extension; why it could not be, "" when it was."""
    saved = set(one.get_saved_extension_names()) & present(folder)
    reason = _obstacle(one, name, saved)
    children = _children(name, saved)
    if not reason and one.format != "binary_folder":
        reason = _deleted(children)
    if reason:
        return reason
    try:
        with _kept(folder, children, name), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one.compute(name, n_jobs=1, progress_bar=False)
    except Exception as error:  # noqa: BLE001 - one extension that fails must not end the others
        return first_line(error)
    return ""


def _obstacle(one: Any, name: str, saved: set[str]) -> str:
    """What an extension needs that is not there. spikeinterface asks only after it deleted what depends on it."""
    from spikeinterface.core.sortinganalyzer import get_extension_class

    kind = get_extension_class(name)
    if kind.need_recording and not one.has_recording():
        return NO_RECORDING
    return _needed(kind.depend_on, saved)


def _children(name: str, saved: set[str]) -> set[str]:
    """Saved extensions that could have been made from one of this name, and those made from them."""
    from spikeinterface.core.sortinganalyzer import get_extension_class

    found = {name}
    while True:
        more = {
            other
            for other in saved - found
            if any(found & set(needed.split("|")) for needed in get_extension_class(other).depend_on)
        }
        if not more:
            return found - {name}
        found |= more


@contextlib.contextmanager
def _kept(folder: Path, names: set[str], making: str) -> Iterator[None]:
    """Extensions that are there again afterwards, whatever is deleted meanwhile: they were made from other ones."""
    (folder / KEPT).mkdir()
    for name in sorted(names):
        shutil.copytree(folder / "extensions" / name, folder / KEPT / name)
    (folder / KEPT / MAKING).write_text(making, "utf-8")
    try:
        yield
        # Whole from here on: what is put back now takes nothing away.
        (folder / KEPT / MAKING).unlink()
    finally:
        restore(folder)


def _making(folder: Path) -> str:
    """The extension that is being computed, or was when the program ended; "" for none."""
    with contextlib.suppress(OSError):
        return (folder / KEPT / MAKING).read_text("utf-8")
    return ""


def restore(folder: Path) -> None:
    """Take away what was half computed and put back what was kept, also after a program that was killed meanwhile."""
    if not (folder / KEPT).is_dir():
        return
    if _making(folder) in EXTENSIONS:
        shutil.rmtree(folder / "extensions" / _making(folder), ignore_errors=True)
    for place in sorted((folder / KEPT).iterdir()):
        target = folder / "extensions" / place.name
        if place.is_dir() and not target.exists():
            os.replace(place, target)
    shutil.rmtree(folder / KEPT, ignore_errors=True)
