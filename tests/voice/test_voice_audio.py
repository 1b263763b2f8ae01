"""Sound files of every kind are heard alike, in stretches as whole; what is broken is told in words."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from models.domains.voice import audio
from models.domains.voice.audio import NoAudio, examine, fingerprint, mono, open_sound
from tests.voice.spoken import RATE, Floats, tone, wav


def packed(path: Path, values: Floats, rate: int = 44100, form: str = "ipod") -> Path:
    """A stereo M4A, or AAC without a container."""
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream("aac", rate=rate, layout="stereo")
        stream.bit_rate = 192_000
        frame = av.AudioFrame.from_ndarray(np.stack([values, values / 2]), format="fltp", layout="stereo")
        frame.rate, frame.pts = rate, 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


def sweep(rate: int = 44100) -> Floats:
    time = np.arange(2 * rate) / rate
    return np.asarray(0.3 * np.sin(2 * np.pi * (200 * time + 300 * time**2)), np.float32)


@pytest.mark.parametrize(
    ("name", "coding", "near"),
    [("a.wav", "PCM_24", 1e-6), ("a.wav", "PCM_16", 1e-4), ("a.wav", "FLOAT", 1e-7), ("a.wav", "PCM_U8", 0.02),
     ("a.flac", "PCM_24", 1e-6), ("a.ogg", "VORBIS", 0.1), ("a.mp3", "MPEG_LAYER_III", 0.1),
     ("a.aiff", "PCM_16", 1e-4)],
)  # fmt: skip
def test_every_kind_is_read_whole_and_in_stretches(name: str, coding: str, near: float, tmp_path: Path) -> None:
    values = np.stack([sweep(), -sweep()])
    path = wav(tmp_path / name, values.T, 44100, subtype=coding)
    header = examine(path)
    assert (header.rate, header.channels, header.length, header.coding) == (44100, 2, values.shape[1], coding)
    sound = open_sound(path)
    whole = sound.read()
    np.testing.assert_allclose(whole, values, atol=near)
    np.testing.assert_allclose(sound.read(30_000, 31_000), whole[:, 30_000:31_000], atol=1e-6)
    assert sound.read(len(values[0]) - 5, len(values[0]) + 100).shape == (2, 5)
    assert sound.read(10, 10).shape == (2, 0)


@pytest.mark.parametrize(("name", "form", "late"), [("a.m4a", "ipod", 0), ("a.aac", "adts", 1024)])
def test_m4a_and_aac_are_read_in_place(name: str, form: str, late: int, tmp_path: Path) -> None:
    path, values = packed(tmp_path / name, sweep(), form=form), sweep()
    sound = open_sound(path)
    whole = sound.read()
    assert (sound.header.rate, sound.header.channels, sound.header.coding) == (44100, 2, "AAC")
    assert abs(whole.shape[1] - len(values)) < 2100
    np.testing.assert_allclose(whole[0, 20_000 + late : 60_000 + late], values[20_000:60_000], atol=0.02)
    np.testing.assert_allclose(sound.read(50_000, 60_000), whole[:, 50_000:60_000], atol=1e-4)


def test_m4a_without_the_decoder_tells_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "a.m4a", sweep())
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(NoAudio, match=r'pip install "\.\[audio\]"'):
        open_sound(path)
    examine(wav(tmp_path / "a.wav"))


def test_an_m4a_that_was_cut_off_is_told(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.m4a", sweep())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(NoAudio, match="cut off or damaged"):
        open_sound(path)


def test_a_wav_that_was_cut_in_half_is_told(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(NoAudio, match=r"cut off: its header tells 16,000 bytes of sound, 7,9\d\d are there"):
        examine(path)


def test_a_wav_whose_header_leaves_its_length_open_is_read(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert open_sound(path).read().shape == (1, RATE)


def test_a_flac_that_was_cut_off_is_told_when_it_is_read(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.flac", tone(20))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(NoAudio, match=r"cut off|damaged"):
        open_sound(path).read()


BROKEN = {
    "empty.wav": (b"", "empty"),
    "picture.wav": (b"\xff\xd8\xff\xe0" + bytes(500), "JPEG picture, whatever its name"),
    "noise.wav": (bytes(range(256)) * 8, "no sound of a known kind"),
    "head.wav": (b"RIFF\x00\x00\x00\x00WAVE", "no sound|damaged"),
    "page.mp3": (b"<!DOCTYPE html><p>404", "web page"),
    "lfs.wav": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    "zip.flac": (b"PK\x03\x04" + bytes(100), "ZIP"),
    "flac.flac": (b"fLaC" + bytes(30), "damaged|no sound"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_sound_is_told(name: str, tmp_path: Path) -> None:
    data, words = BROKEN[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(NoAudio, match=words):
        examine(tmp_path / name)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoAudio, match="not there"):
        examine(tmp_path / "none.wav")
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(NoAudio, match="folder"):
        examine(tmp_path / "folder.wav")


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes")
def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(NoAudio, match="pipe"):
        examine(tmp_path / "a.wav")


def test_values_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    values = tone()
    values[10:13] = np.nan
    path = wav(tmp_path / "a.wav", values, subtype="FLOAT")
    with pytest.raises(NoAudio, match="3 of its values are no numbers"):
        open_sound(path).read()
    assert open_sound(path).read(100).shape == (1, RATE - 100)


def test_no_sound_and_silly_headers_are_told(tmp_path: Path) -> None:
    with pytest.raises(NoAudio, match="0 samples"):
        examine(wav(tmp_path / "a.wav", np.zeros(0, np.float32)))
    with pytest.raises(NoAudio, match="rate of 7 samples/s"):
        examine(wav(tmp_path / "b.wav", rate=7))


def test_more_than_can_be_held_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = wav(tmp_path / "a.wav", tone(3))
    monkeypatch.setattr(audio, "MOST_VALUES", 2 * RATE)
    with pytest.raises(NoAudio, match="too much to read at once"):
        open_sound(path).read()
    assert open_sound(path).read(RATE, 2 * RATE).shape == (1, RATE)


def test_the_same_sound_in_another_file_has_the_same_print(tmp_path: Path) -> None:
    values = np.round(tone() * 32768) / 32768
    prints = {
        fingerprint(open_sound(wav(tmp_path / name, values.astype(np.float32), subtype=coding)).read(), RATE)
        for name, coding in (("a.wav", "PCM_16"), ("b.flac", "PCM_16"), ("c.wav", "FLOAT"), ("d.wav", "PCM_24"))
    }
    assert len(prints) == 1
    assert fingerprint(tone(seed=1)[None], RATE) not in prints
    assert fingerprint(tone()[None], 2 * RATE) != fingerprint(tone()[None], RATE)


def test_channels_are_meant(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.stack([tone(), np.zeros(RATE, np.float32)], axis=1), subtype="FLOAT")
    np.testing.assert_allclose(mono(open_sound(path).read()), tone() / 2, atol=1e-6)
    assert mono(np.ones((1, 3), np.float32)).tolist() == [1, 1, 1]


def test_libsndfile_reads_mp3_and_opus_here() -> None:
    assert {"MP3", "OGG", "FLAC"} <= set(soundfile.available_formats())


@pytest.mark.filterwarnings("error")
def test_values_beyond_all_bounds_have_a_fingerprint() -> None:
    loud = np.array([[0.1, 3e38, -3e38]], np.float32)
    assert fingerprint(loud, 8000) == fingerprint(np.array([[0.1, 2.0, -2.0]], np.float32), 8000)
