"""Images of any kind become the right pixels; damaged and lying ones are told."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image, ImageFile

from models.domains.smears import boxes, images, tiffs
from models.domains.smears.images import BadImage, decode, examine, open_image, to_bytes
from models.domains.smears.tiffs import Level, TiledImage

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 255, (40, 60, 3), np.uint8)


@pytest.mark.parametrize("kind", ["png", "bmp", "tif", "webp"])
def test_whole_colours_come_as_they_are(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    Image.fromarray(PIXELS).save(path, **({"lossless": True} if kind == "webp" else {}))
    assert (examine(path).width, examine(path).height) == (60, 40)
    np.testing.assert_array_equal(decode(path), PIXELS)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"tile": (16, 16)},
        {"compression": "zlib", "rowsperstrip": 7},
        {"planarconfig": "separate", "tile": (16, 32)},
        {"bigtiff": True, "compression": "zlib", "predictor": True},
    ],
)
def test_tiffs_of_any_layout(how: dict[str, Any], tmp_path: Path) -> None:
    stored = PIXELS.transpose(2, 0, 1) if "planarconfig" in how else PIXELS
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", **how)
    assert examine(tmp_path / "a.tif") == images.Header(60, 40)
    np.testing.assert_array_equal(decode(tmp_path / "a.tif"), PIXELS)


def test_compressions_that_only_pillow_knows(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.tif", compression="tiff_lzw")
    np.testing.assert_array_equal(decode(tmp_path / "a.tif"), PIXELS)
    for colours in ({}, {"quality": 90}):
        Image.fromarray(PIXELS).save(tmp_path / "b.tif", compression="jpeg", **colours)
        with Image.open(tmp_path / "b.tif") as again:
            np.testing.assert_array_equal(decode(tmp_path / "b.tif"), np.asarray(again.convert("RGB")))


@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("kind", ["tif", "png"])
def test_more_than_eight_bits_keep_their_ratio(kind: str, bits: int, tmp_path: Path) -> None:
    values = np.linspace(0, 2**bits - 1, 2400).reshape(40, 60).astype(np.uint16)
    path = tmp_path / f"a.{kind}"
    if kind == "tif":
        tifffile.imwrite(path, values)
    else:
        Image.fromarray(values).save(path)
    assert "8 bits" in examine(path).note
    found = decode(path)[:, :, 0]
    np.testing.assert_allclose(found, values * 255.0 / (2**bits - 1), atol=0.51)


def test_values_of_other_types() -> None:
    np.testing.assert_array_equal(to_bytes(np.array([[0.0, 0.5, 1.0]])), [[0, 128, 255]])
    np.testing.assert_array_equal(to_bytes(np.array([[-10.0, 0.0, 10.0]])), [[0, 128, 255]])
    np.testing.assert_array_equal(to_bytes(np.array([[True, False]])), [[255, 0]])
    np.testing.assert_array_equal(to_bytes(np.array([[0, 200]], np.uint16)), [[0, 200]])
    with pytest.raises(BadImage, match="infinite"):
        to_bytes(np.array([[np.inf]]))


def test_cmyk_alpha_palette_and_grey(tmp_path: Path) -> None:
    plain = np.full((20, 20, 3), (200, 120, 60), np.uint8)
    Image.fromarray(plain).convert("CMYK").save(tmp_path / "c.jpg", quality=95)
    assert "CMYK" in examine(tmp_path / "c.jpg").note
    assert np.abs(decode(tmp_path / "c.jpg").astype(int) - plain).max() <= 6
    alpha = np.dstack([plain, np.zeros((20, 20), np.uint8)])
    alpha[:, :10, 3] = 255
    Image.fromarray(alpha).save(tmp_path / "a.png")
    assert "white" in examine(tmp_path / "a.png").note
    assert decode(tmp_path / "a.png")[0, 0].tolist() == [200, 120, 60]
    assert decode(tmp_path / "a.png")[0, 19].tolist() == [255, 255, 255]
    Image.fromarray(plain).quantize(4).save(tmp_path / "p.png")
    assert np.abs(decode(tmp_path / "p.png").astype(int) - plain).max() <= 3
    Image.fromarray(plain[:, :, 0]).save(tmp_path / "g.png")
    assert decode(tmp_path / "g.png").shape == (20, 20, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["png", "jpg", "tif"])
def test_images_and_boxes_are_turned_alike(kind: str, orientation: int, tmp_path: Path) -> None:
    stored = np.zeros((40, 60, 3), np.uint8)
    stored[8:16, 16:32] = 255
    path = tmp_path / f"a.{kind}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    if kind == "tif":
        tifffile.imwrite(path, stored, photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
    else:
        Image.fromarray(stored).save(path, exif=exif, **({"quality": 100, "subsampling": 0} if kind == "jpg" else {}))
    header = examine(path)
    shown = decode(path)
    assert shown.shape[:2] == (header.height, header.width)
    assert header.stored == (60, 40)
    left, top, right, bottom = map(int, boxes.turn((16, 8, 32, 16), header.orientation, 60, 40))
    assert (shown[top:bottom, left:right] > 200).all()
    assert (shown > 200).sum() == 8 * 16 * 3


def test_a_damaged_file_is_told_in_words(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg")
    tifffile.imwrite(tmp_path / "a.tif", PIXELS, photometric="rgb")
    for name in ("a.png", "a.jpg", "a.tif"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) * 2 // 3])
        with pytest.raises(BadImage, match="cut off"):
            examine(tmp_path / name)
        with pytest.raises(BadImage):
            decode(tmp_path / name)
    assert not caplog.records
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("no image at all")
    (tmp_path / "text.tif").write_text("no image at all")
    for name, words in (
        ("empty.png", "empty"),
        ("text.png", "no image"),
        ("text.tif", "damaged"),
        ("n.png", "No such"),
    ):
        with pytest.raises(BadImage, match=words):
            examine(tmp_path / name)


@pytest.mark.parametrize("kind", ["png", "jpg", "tif"])
def test_a_header_is_read_without_the_pixels(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"a.{kind}"
    Image.fromarray(PIXELS).save(path)

    def refuse(*_: Any) -> None:
        raise AssertionError("a pixel was decoded")

    monkeypatch.setattr(Image.Image, "load", refuse)
    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    assert examine(path).width == 60


def test_a_header_that_claims_too_much_allocates_nothing(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )
    for look in (examine, decode, open_image):
        with pytest.raises(BadImage, match="200000 × 200000"):
            look(path)


def means(pixels: npt.NDArray[Any], scale: int) -> npt.NDArray[np.float64]:
    """The mean of each block, by hand."""
    high, wide = -(-pixels.shape[0] // scale), -(-pixels.shape[1] // scale)
    rows = [
        [pixels[y * scale : (y + 1) * scale, x * scale : (x + 1) * scale].reshape(-1, 3).mean(0) for x in range(wide)]
        for y in range(high)
    ]
    return np.array(rows)


@pytest.mark.parametrize("scale", [1, 2, 4, 16])
@pytest.mark.parametrize("region", [(0, 0, 331, 217), (16, 32, 144, 96), (5, 3, 100, 77), (-20, -20, 40, 40)])
def test_a_region_at_a_scale_is_the_mean_of_its_pixels(
    scale: int, region: tuple[int, int, int, int], tmp_path: Path
) -> None:
    pixels = RNG.integers(0, 255, (217, 331, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    left, top, right, bottom = region
    wanted = means(pixels[max(top, 0) : bottom, max(left, 0) : right], scale)
    found = open_image(tmp_path / "a.png").read(*region, scale)
    assert found.shape == wanted.shape
    # At a ragged border the mean of means is not that of the pixels.
    np.testing.assert_allclose(found[:-1, :-1], wanted[:-1, :-1], atol=2.5)


def test_a_large_tiled_file_is_read_by_tiles_and_pyramids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_SMALL", 1000)
    pixels = RNG.integers(0, 255, (300, 500, 3), np.uint8)
    with tifffile.TiffWriter(tmp_path / "p.ome.tif", ome=True) as file:
        how: dict[str, Any] = {"photometric": "rgb", "tile": (64, 64), "compression": "zlib"}
        meta = {"axes": "YXS", "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm"}
        file.write(pixels, subifds=1, metadata=meta, **how)
        file.write(np.full((150, 250, 3), 77, np.uint8), subfiletype=1, **how)
    assert examine(tmp_path / "p.ome.tif").pixel == pytest.approx(0.25)
    reader = open_image(tmp_path / "p.ome.tif")
    assert isinstance(reader, TiledImage)
    np.testing.assert_array_equal(reader.read(50, 30, 200, 290, 1), pixels[30:290, 50:200])
    assert (reader.read(0, 0, 500, 300, 2) == 77).all(), "the copy in the file is used"
    tifffile.imwrite(tmp_path / "flat.tif", pixels, photometric="rgb", tile=(64, 64))
    flat = open_image(tmp_path / "flat.tif")
    for scale in (1, 4, 8, 16):
        found = flat.read(0, 0, 500, 300, scale)
        wanted = means(pixels, scale)
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found[:-1, :-1], wanted[:-1, :-1], atol=2.5)


def test_a_far_coarser_copy_and_none_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_SMALL", 1000)
    pixels = np.repeat(np.repeat(RNG.integers(0, 255, (8, 16, 3), np.uint8), 64, 0), 64, 1)
    with tifffile.TiffWriter(tmp_path / "p.tif") as file:
        how: dict[str, Any] = {"photometric": "rgb", "tile": (64, 64), "compression": "zlib"}
        file.write(pixels, subifds=1, **how)
        file.write(pixels[::64, ::64], subfiletype=1, **{**how, "tile": (16, 16)})
    reader = open_image(tmp_path / "p.tif")
    for scale in (16, 512, 64, 8, 512):
        found = reader.read(0, 0, 1024, 512, scale)
        np.testing.assert_allclose(found, means(pixels, scale), atol=2.5, err_msg=str(scale))


def test_a_coarse_look_at_a_part_does_not_read_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_SMALL", 1000)
    pixels = RNG.integers(0, 255, (1024, 256, 3), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", tile=(64, 64))
    reader = open_image(tmp_path / "a.tif")
    assert isinstance(reader, TiledImage)
    read, raw = [], reader._raw
    monkeypatch.setattr(reader, "_raw", lambda level, row, column: [read.append(row), raw(level, row, column)][1])
    for top in (128, 64, 960):
        found = reader.read(0, top, 256, top + 64, 16)
        np.testing.assert_allclose(found, means(pixels[top : top + 64], 16), atol=2.5)
    assert sorted(set(read)) == [1, 2, 15]
    assert len(read) == 3 * 4
    assert reader.read(0, 2000, 256, 3000, 16).size == 0


def test_deep_tiles_all_get_one_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_SMALL", 1000)
    values = np.zeros((64, 128), np.uint16)
    values[:, :64], values[:, 64:] = 200, 4000
    tifffile.imwrite(tmp_path / "a.tif", values, tile=(64, 64))
    found = open_image(tmp_path / "a.tif").read(0, 0, 128, 64, 1)
    assert (found[0, 0, 0], found[0, 100, 0]) == (round(200 * 255 / 4095), round(4000 * 255 / 4095))


def test_the_depth_of_a_large_file_is_that_of_some_tiles_all_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "_SMALL", 1000)
    monkeypatch.setattr(tiffs, "_SAMPLED", 9 * 16 * 16)
    values = np.full((160, 160), 200, np.uint16)
    values[:, 80:] = 4000
    tifffile.imwrite(tmp_path / "a.tif", values, tile=(16, 16))
    reader = open_image(tmp_path / "a.tif")
    assert isinstance(reader, TiledImage)
    decoded: list[tuple[int, int]] = []
    whole = TiledImage._raw

    def counted(self: TiledImage, level: Level, row: int, column: int) -> npt.NDArray[Any]:
        decoded.append((row, column))
        return whole(self, level, row, column)

    monkeypatch.setattr(TiledImage, "_raw", counted)
    assert reader.read(0, 0, 16, 16, 1)[0, 0, 0] == round(200 * 255 / 4095)
    assert len(decoded) <= 10, "of 100"
    assert len({row for row, _ in decoded}) > 5
    assert len({column for _, column in decoded}) > 5


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ({"resolution": (40_000, 40_000), "resolutionunit": "CENTIMETER"}, 0.25),
        ({"resolution": (4, 4), "imagej": True, "metadata": {"unit": "um"}}, 0.25),
        ({"resolution": (72, 72), "resolutionunit": "INCH"}, None),
        ({}, None),
    ],
)
def test_the_size_of_a_pixel_is_known_where_a_microscope_told_it(
    how: dict[str, Any], wanted: float | None, tmp_path: Path
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", PIXELS, **({"photometric": "rgb"} if "imagej" not in how else {}), **how)
    found = examine(tmp_path / "a.tif").pixel
    assert found == (None if wanted is None else pytest.approx(wanted))
