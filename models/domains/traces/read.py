"""Finding samples in HDF5 files, and reading their traces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Noted, Skipped
from models.domains.traces import container, mapped, mapping
from models.domains.traces.blocks import rates, read_traces
from models.domains.traces.container import Broken
from models.domains.traces.guess import guess
from models.domains.traces.known import Known, read_known
from models.domains.traces.options import Options, bin_edges, is_continuous, read_options
from models.domains.traces.simulation import Memory, is_simulation, read_distances, scan_simulation
from models.domains.traces.walk import Listed, find_files
from models.job import Progress
from models.mapping_text import GUESS

__all__ = ["rates", "read_traces", "scan"]


def scan(sources: Sequence[Path], settings: Mapping[str, str]) -> Iterator[Progress | Finding]:
    """All samples of the files and folders; one broken file or part is told and the rest goes on.

    settings: ``per_file`` (10 samples a file, or all), ``bins`` (classes of a continuous
    distance), ``mapping`` (JSON or a JSON file for files of another layout, or ``guess``), ``kept``
    (what the project keeps of earlier imports). Raises UserError for a missing path or a wrong setting.
    """
    options = read_options(settings)
    asked = mapping.read_mapping(options.mapping) if options.mapping and options.mapping != GUESS else None
    known = () if options.mapping else read_known(options.kept)
    files, notes = find_files(sources)
    yield from notes
    memory = Memory()
    edges, told = _edges(files, options)
    yield from told
    for place, file in enumerate(files):
        yield Progress(place, len(files), file.name)
        try:
            with container.opened(file.path) as h5:
                yield from _scan_file(h5, file, options, asked, known, edges, memory)
        except Broken as reason:
            yield Skipped(file.name, "", str(reason))
        except container.DAMAGE as error:
            yield Skipped(file.name, "", f"the file is damaged ({container.short(str(error))})")
    yield from memory.limit_note()
    yield Progress(len(files), len(files), "")


def _scan_file(
    h5: Any,
    file: Listed,
    options: Options,
    asked: mapping.Mapping | None,
    known: Sequence[Known],
    edges: tuple[float, ...] | None,
    memory: Memory,
) -> Iterator[Progress | Finding]:
    if is_simulation(h5) and (asked is None or not mapping.matches(h5, asked)):
        yield from scan_simulation(h5, file, options, edges, memory)
        if "winnow" in h5.attrs and "recordings" in h5:
            yield from mapped.scan_mapped(h5, file, options, guess(h5["recordings"]).inside("recordings"), memory.told)
    else:
        yield from mapped.scan_mapped(h5, file, options, asked, memory.told, known)


def _edges(files: Sequence[Listed], options: Options) -> tuple[tuple[float, ...] | None, list[Noted]]:
    """Edges of the distance classes over all files, None where distances are whole hops; what to tell."""
    found: list[npt.NDArray[np.float64]] = []
    for file in files:
        try:
            with container.opened(file.path) as h5:
                distances = read_distances(h5) if is_simulation(h5) else None
        except (Broken, *container.DAMAGE):
            continue
        if distances is not None:
            found.append(distances)
    pooled = np.concatenate(found) if found else np.zeros(0)
    if not len(pooled) or not (options.bins or is_continuous(pooled)):
        return None, []
    edges = bin_edges(pooled, options.bins)
    words = ",".join(f"{edge:g}" for edge in edges)
    text = (
        f"distances are cut into {len(edges) + 1} classes at {words.replace(',', ', ')}; "
        f"import further files with bins={words} to keep these edges"
    )
    return edges, [Noted("", "distanceToTarget", text)]
