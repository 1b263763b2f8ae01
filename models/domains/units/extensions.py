"""Missing extensions of a SortingAnalyzer, computed by spikeinterface; those that are there stay as they are."""

from __future__ import annotations

import contextlib
import os
import shutil
import warnings
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from models.domains.units.analyzer import first_line
from models.errors import UserError
from models.job import Progress

#: Where extensions are kept while spikeinterface computes another one.
KEPT = ".winnow-kept"
#: What a curation needs of an analyzer, in the order in which one can be computed from another.
EXTENSIONS = (
    "random_spikes",
    "noise_levels",
    "waveforms",
    "templates",
    "correlograms",
    "isi_histograms",
    "spike_amplitudes",
    "spike_locations",
    "unit_locations",
    "template_similarity",
    "principal_components",
    "template_metrics",
    "quality_metrics",
)


def missing(folder: Path) -> list[str]:
    """Extensions that an analyzer lacks, in the order in which they can be computed."""
    have = {place.name for place in (folder / "extensions").iterdir()} if (folder / "extensions").is_dir() else set()
    return [name for name in EXTENSIONS if name not in have]


def compute(folder: Path, names: Sequence[str] = ()) -> Generator[Progress, None, dict[str, list[str]]]:
    """Compute missing extensions by spikeinterface, one after the other: {computed, failed}, failures with reasons.

    names: empty for all that are missing; one that is there stays as it is. An extension that needs
    the recording, or another one, fails where that is not there, and the rest goes on. Stopping
    between two keeps those that are done. Raises UserError when the analyzer cannot be opened.
    """
    unknown = [name for name in names if name not in EXTENSIONS]
    if unknown:
        raise UserError(f"there is no extension {unknown[0]!r}. Known: {', '.join(EXTENSIONS)}.")
    _restore(folder)
    one = load_whole(folder)
    wanted = [name for name in missing(folder) if name in (names or EXTENSIONS)]
    done: list[str] = []
    failed: list[str] = []
    for place, name in enumerate(wanted):
        yield Progress(place, len(wanted), f"Computing {name}")
        reason = _compute_one(folder, one, name)
        if reason:
            failed.append(f"{name}: {reason}")
            yield Progress(place, len(wanted), f"{name} failed", log=failed[-1])
            continue
        done.append(name)
        one = load_whole(folder)
    yield Progress(len(wanted), len(wanted), "")
    return {"computed": done, "failed": failed}


def load_whole(folder: Path) -> Any:
    """The analyzer as spikeinterface has it, with all its extensions. UserError where it cannot be opened."""
    with warnings.catch_warnings():
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
    saved = set(one.get_saved_extension_names())
    reason = _obstacle(one, name, saved)
    children = _children(name, saved)
    if not reason and children and one.format != "binary_folder":
        reason = f"spikeinterface would delete {', '.join(sorted(children))}, which were made without it"
    if reason:
        return reason
    try:
        with _kept(folder, children), warnings.catch_warnings():
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
        return "it needs the recording, which is not there"
    for needed in kind.depend_on:
        if not set(needed.split("|")) & saved:
            return f"it needs {' or '.join(needed.split('|'))}"
    return ""


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
def _kept(folder: Path, names: set[str]) -> Iterator[None]:
    """Extensions that are there again afterwards, whatever is deleted meanwhile: they were made from other ones."""
    for name in sorted(names):
        shutil.copytree(folder / "extensions" / name, folder / KEPT / name)
    try:
        yield
    finally:
        _restore(folder)


def _restore(folder: Path) -> None:
    """Put back what was kept, also after a program that was killed meanwhile."""
    if not (folder / KEPT).is_dir():
        return
    for place in sorted((folder / KEPT).iterdir()):
        target = folder / "extensions" / place.name
        if not target.exists():
            os.replace(place, target)
    shutil.rmtree(folder / KEPT, ignore_errors=True)
