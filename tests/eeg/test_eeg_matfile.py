"""Files of MATLAB are read as MATLAB has them; those that lie about themselves are told, and end nothing."""

from __future__ import annotations

import contextlib
import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domains.eeg.broken import Broken
from models.domains.eeg.matcheck import check_mat
from models.domains.eeg.matfile import numbers, open_mat, texts
from tests.eeg.scanned import REAL, real

HEADER = b"MATLAB 5.0 MAT-file".ljust(116) + b"\0" * 8 + struct.pack("<H", 0x0100) + b"IM"


def element(kind: int, body: bytes) -> bytes:
    return struct.pack("<II", kind, len(body)) + body + b"\0" * (-len(body) % 8)


def head(kind: int, shape: tuple[int, ...], name: bytes = b"", flags: int = 0) -> bytes:
    return (
        element(6, struct.pack("<II", kind | flags, 0))
        + element(5, struct.pack(f"<{len(shape)}i", *shape))
        + element(1, name)
    )


def written(path: Path, *variables: bytes) -> Path:
    path.write_bytes(HEADER + b"".join(variables))
    return path


def cells(*items: object) -> np.ndarray:
    out = np.empty((len(items), 1), object)
    for place, item in enumerate(items):
        out[place, 0] = item
    return out


@pytest.mark.parametrize("packed", [False, True])
def test_values_are_those_that_were_saved(tmp_path: Path, packed: bool) -> None:
    numbers_ = np.arange(12.0).reshape(3, 4)
    saved = {"a": numbers_, "b": numbers_.astype(np.uint8), "c": "word", "d": cells("x", np.array([[2.0, 3.0]]), "")}
    scipy.io.savemat(tmp_path / "a.mat", saved, do_compression=packed)
    file = open_mat(tmp_path / "a.mat")
    assert {name: (one.kind, one.shape) for name, one in file.variables.items()} == {
        "a": ("numbers", (3, 4)), "b": ("numbers", (3, 4)), "c": ("text", (1, 4)), "d": ("cell", (3, 1)),
    }  # fmt: skip
    assert np.array_equal(file.read("a"), numbers_)
    assert file.read("b").dtype == np.uint8
    assert texts(file.read("d").reshape(-1)) == ["x", "", ""]
    assert numbers(file.read("d").reshape(-1))[1] == 2.0


def test_version_7_3_has_the_same_form(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        file["a"] = np.arange(12.0).reshape(3, 4)
        part = file.create_dataset("#refs#/x", data=np.array([[76], [80]], np.uint16))
        part.attrs["MATLAB_class"] = np.bytes_("char")
        file["c"] = np.array([[part.ref]], h5py.ref_dtype)
    file = open_mat(tmp_path / "a.mat")
    assert file.variables["a"].shape == (4, 3)
    assert np.array_equal(file.read("a"), np.arange(12.0).reshape(3, 4).T)
    assert texts(file.read("c").reshape(-1)) == ["LP"]


def test_a_link_to_another_file_is_not_followed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["a"] = np.arange(3.0)
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        file["a"] = h5py.ExternalLink("secret.h5", "a")
    file = open_mat(tmp_path / "a.mat")
    assert file.variables["a"].kind == "other"
    with pytest.raises(Broken, match="not followed"):
        file.read("a")


def test_what_is_nested_too_deep_does_not_end_the_process(tmp_path: Path) -> None:
    inner = element(14, head(6, (1, 1)) + element(9, struct.pack("<d", 1.0)))
    for _ in range(500):
        inner = element(14, head(1, (1, 1)) + inner)
    named = element(14, head(1, (1, 1), b"x") + inner)
    for path in (written(tmp_path / "a.mat", named), written(tmp_path / "b.mat", element(15, zlib.compress(named)))):
        with pytest.raises(Broken, match="nested deeper"):
            open_mat(path).read("x")


def test_depth_hidden_behind_a_second_part_is_found(tmp_path: Path) -> None:
    # A reader that takes one part of real numbers finds the next cell in the bytes behind it.
    real_part = element(9, struct.pack("<d", 1.0))
    liar = element(14, head(6, (1, 1)) + real_part + element(9, b"\x0e" + b"\0" * 7))
    path = written(tmp_path / "a.mat", element(14, head(1, (2, 1), b"x") + liar + liar))
    with pytest.raises(Broken, match="does not hold"):
        open_mat(path).read("x")


def test_sizes_that_cannot_be_are_told_before_anything_is_read(tmp_path: Path) -> None:
    small = element(9, struct.pack("<d", 1.0))
    claims = written(tmp_path / "a.mat", element(14, head(6, (2**30, 2**30), b"x") + small))
    with pytest.raises(Broken, match="does not hold"):
        open_mat(claims).read("x")
    many = written(tmp_path / "b.mat", element(14, head(1, (2**30, 2**20), b"x")))
    with pytest.raises(Broken, match="as many parts"):
        open_mat(many).read("x")
    bomb = written(tmp_path / "c.mat", element(15, zlib.compress(element(14, head(6, (1, 1), b"x")) + b"\0" * 2**20)))
    with pytest.raises(Broken, match="does not hold"):
        open_mat(bomb).read("x")


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.domains.eeg.matfile.LARGEST", 1 << 20)
    body = head(6, (1 << 21, 1), b"x") + element(2, bytes(1 << 21))
    path = written(tmp_path / "a.mat", element(15, zlib.compress(element(14, body))))
    with pytest.raises(Broken, match="larger than"):
        open_mat(path).read("x")


def test_records_and_objects_are_not_read(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"s": {"field": 1}, "a": np.ones(2)})
    file = open_mat(tmp_path / "a.mat")
    assert file.variables["s"].kind == "other"
    with pytest.raises(Broken, match="a record, an object"):
        file.read("s")
    assert file.read("a").sum() == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n" * 40, "no MATLAB file"),
        (HEADER + b"\x01\0\0\0\x08\0\0\0" + b"\0" * 8, "something else"),
        (HEADER + struct.pack("<II", 14, 800) + b"\0" * 8, "truncated"),
        (HEADER + struct.pack("<II", 15, 8) + b"\xff" * 8, "cannot be read"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 900, "cannot be read"),
    ],
)
def test_what_is_no_such_file(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "a.mat"
    path.write_bytes(content)
    with pytest.raises(Broken, match=why):
        open_mat(path)


@settings(max_examples=150, deadline=None)
@given(place=st.integers(128, 900), value=st.binary(min_size=1, max_size=8))
def test_a_damaged_file_raises_nothing_else(tmp_path_factory: pytest.TempPathFactory, place: int, value: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.mat"
    scipy.io.savemat(path, {"a": np.arange(20.0), "c": cells("word", np.eye(2), cells("in", "side"))})
    data = bytearray(path.read_bytes())
    data[place : place + len(value)] = value
    path.write_bytes(data)
    try:
        file = open_mat(path)
        for name in file.variables:
            file.read(name)
    except Broken:
        return


@real
def test_the_real_files_are_those_that_the_library_reads() -> None:
    for path in [*sorted((REAL / "iiic_samples").glob("*.mat"))[:3], *sorted((REAL / "iiic_spectro").glob("*.mat"))]:
        file, plain = open_mat(path), scipy.io.loadmat(path)
        assert {*file.variables} == {name for name in plain if name[0] != "_"}
        for name, one in file.variables.items():
            assert one.shape == plain[name].shape
            if one.kind == "numbers":
                assert np.array_equal(file.read(name), plain[name])


def rich(path: Path) -> None:
    """A file with all that the common library knows."""
    import scipy.sparse

    record = {"data": "a.fdt", "pnts": 5, "parts": cells("word", np.eye(2), {"in": "side"})}
    saved = {
        "EEG": record,
        "c": np.array([1 + 2j]),
        "s": scipy.sparse.csc_matrix(np.eye(4)),
        "t": np.array(["ab", "cd"]),
    }
    scipy.io.savemat(path, saved)


def test_what_is_right_all_through(tmp_path: Path) -> None:
    rich(tmp_path / "a.mat")
    check_mat(tmp_path / "a.mat")
    (tmp_path / "b.mat").write_bytes(b"another kind of file")
    check_mat(tmp_path / "b.mat")


@pytest.mark.parametrize("seed", range(40))
def test_what_passes_ends_no_process_that_reads_it(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "a.mat"
    rich(path)
    rng = np.random.default_rng(seed)
    data = bytearray(path.read_bytes())
    passed = 0
    for _ in range(40):
        damaged, place = data.copy(), int(rng.integers(128, len(data) - 8))
        count = int(rng.integers(1, 8))
        damaged[place : place + count] = rng.choice(np.array([0, 1, 2, 9, 14, 15, 255], np.uint8), count).tobytes()
        path.write_bytes(damaged)
        try:
            check_mat(path)
        except Broken:
            continue
        passed += 1
        with contextlib.suppress(Exception):
            scipy.io.loadmat(path, simplify_cells=True)
    assert passed < 40


@real
def test_real_files_are_right() -> None:
    for path in [REAL / "formats" / "eeglab_data.set", *(REAL / "iiic_session").glob("*.mat")]:
        check_mat(path)
