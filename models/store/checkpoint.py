"""The fold beside the database as an Arrow file: a cache, so that opening reads only the tail."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.event import STRUCTURE
from models.store.atomic import plain, write_whole
from models.store.state import Present, Stack, State, Track, Words

_FORM = 2


def save(path: Path, state: State, mark: str) -> None:
    """Write the state whole. mark: tells its last event from another of the same number."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    facts = {
        "form": _FORM,
        "mark": mark,
        "position": state.position,
        "purges": state.purges,
        "size": state.size,
        "people": state.people.texts,
        "words": [[*key, words.texts] for key, words in state.words.items()],
        "tracks": [list(key) for key in state.tracks],
        "present": [list(key) for key in state.present],
        "stacks": list(state.stacks),
        "sparse": list(state.sparse_rows()),
    }
    for place, track in enumerate(state.tracks.values()):
        arrays[f"track{place}.codes"], arrays[f"track{place}.stamps"] = track.codes, track.stamps
    for place, now in enumerate(state.present.values()):
        arrays[f"present{place}.codes"], arrays[f"present{place}.stamps"] = now.codes, now.stamps
        arrays[f"present{place}.by"] = now.by
    for place, stack in enumerate(state.stacks.values()):
        arrays[f"stack{place}.undo"] = np.array(stack.undo, np.int64)
        arrays[f"stack{place}.redo"] = np.array(stack.redo, np.int64)
    write_whole(path, lambda file: _write(file, json.dumps(facts), arrays), sync=False)


def _write(file: BinaryIO, facts: str, arrays: dict[str, npt.NDArray[Any]]) -> None:
    schema = pa.schema([("name", pa.string()), ("kind", pa.string()), ("data", pa.large_binary())])
    schema = schema.with_metadata({"facts": facts})
    with pa.ipc.new_file(file, schema) as writer:
        for name, values in arrays.items():
            data = pa.py_buffer(np.ascontiguousarray(values))
            offsets = pa.py_buffer(np.array([0, data.size], np.int64))
            column = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, data])
            writer.write_batch(pa.record_batch([[name], [values.dtype.str], column], schema=schema))


def load(path: Path) -> tuple[State, str] | None:
    """The state and its mark, or None when there is none to read or it makes no sense."""
    with contextlib.suppress(OSError, pa.ArrowInvalid, ValueError, KeyError, TypeError, IndexError):
        with pa.memory_map(str(plain(path))) as file:
            reader = pa.ipc.open_file(file)
            facts = json.loads(reader.schema.metadata[b"facts"])
            arrays = {}
            for place in range(reader.num_record_batches):
                batch = reader.get_batch(place)
                kind = np.dtype(batch.column(1)[0].as_py())
                arrays[batch.column(0)[0].as_py()] = np.frombuffer(batch.column(2)[0].as_buffer(), kind).copy()
        return (_state(facts, arrays), facts["mark"]) if facts["form"] == _FORM else None
    return None


def _state(facts: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> State:
    state = State()
    state.position, state.purges, state.size = facts["position"], facts["purges"], facts["size"]
    state.people = Words(facts["people"])
    state.words = {(kind, name): Words(texts) for kind, name, texts in facts["words"]}
    for place, (kind, name, by) in enumerate(facts["tracks"]):
        state.tracks[kind, name, by] = Track(arrays[f"track{place}.codes"], arrays[f"track{place}.stamps"])
    for place, (kind, name) in enumerate(facts["present"]):
        parts = (arrays[f"present{place}.{part}"] for part in ("codes", "stamps", "by"))
        state.present[kind, name] = Present(*parts)
    for place, by in enumerate(facts["stacks"]):
        state.stacks[by] = Stack(arrays[f"stack{place}.undo"].tolist(), arrays[f"stack{place}.redo"].tolist())
    for subject, kind, name, by, value, stamp in facts["sparse"]:
        state.sparse.setdefault((subject, kind), {})[name, by] = (value, stamp)
    state.edited = {subject for subject, kind in state.sparse if kind == STRUCTURE}
    if any(len(values) != state.size for name, values in arrays.items() if not name.startswith("stack")):
        raise ValueError("arrays of another size")
    return state
