"""What is shown of a cell: its image with all boxes of it, and its name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.domains.smears import cells
from models.domains.smears.cells import IMAGE, WHOLE
from models.domains.smears.images import BadImage, open_image
from models.payload import Payload, Picture
from models.sample import Samples

Index = npt.NDArray[np.int64]


def load(samples: Samples, row: int) -> tuple[Payload, ...]:
    """The image of a sample, with the boxes of all samples of it."""
    members = neighbours(samples, row)
    found = cells.boxes_of(samples, members)
    there = ~np.isnan(found).any(axis=1)
    boxed = members[there]
    ids = samples.table.column("id").take(boxed).to_pylist()
    place = np.flatnonzero(boxed == row)
    image = _text(samples, IMAGE, row).rpartition("/")[2]
    pixel = samples.column("pixel_um")[row] if "pixel_um" in samples.names else np.nan
    reader, note = None, ""
    path = cells.path_of(samples, row)
    try:
        if path is None:
            raise BadImage("no image is told for it")
        reader = open_image(path)
    except BadImage as reason:
        note = f"{image or 'The image'} cannot be shown: {reason}"
    facts = [f"{reader.width} × {reader.height} px"] if reader is not None else []
    return (
        Picture(
            reader=reader,
            boxes=found[there],
            ids=tuple(ids),
            chosen=int(place[0]) if len(place) else -1,
            title=image,
            pixel=float(pixel) if isinstance(pixel, float) and np.isfinite(pixel) else None,
            facts=tuple(facts),
            note=note,
        ),
    )


def neighbours(samples: Samples, row: int) -> Index:
    """The rows of all samples of the same image, that of the sample among them."""
    if "by_image" not in samples.memo:
        samples.memo["by_image"] = _by_image(samples)
    order, starts, codes = samples.memo["by_image"]
    code = codes[row]
    found: Index = np.sort(order[starts[code] : starts[code + 1]])
    return found


def _by_image(samples: Samples) -> tuple[Index, Index, Index]:
    """All rows in the order of their images, where each image starts, and the image of each row."""
    if IMAGE not in samples.names:
        codes = np.arange(len(samples))
    else:
        names = samples.table.column(IMAGE).combine_chunks().dictionary_encode()
        images = names.indices.fill_null(len(names.dictionary)).to_numpy(zero_copy_only=False).astype(np.int64)
        sources = samples.table.column("source").to_numpy().astype(np.int64)
        _, codes = np.unique(images + sources * (len(names.dictionary) + 1), return_inverse=True)
    counts = np.bincount(codes, minlength=int(codes.max(initial=-1)) + 1)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return np.argsort(codes, kind="stable").astype(np.int64), starts, codes.astype(np.int64)


def _text(samples: Samples, name: str, row: int) -> str:
    return str(samples.table.column(name)[row].as_py() or "") if name in samples.names else ""


def short(samples: Samples, row: int) -> str:
    """The name of an image and the number of the cell in it."""
    key = str(samples.table.column("key")[row].as_py())
    image = _text(samples, IMAGE, row).rpartition("/")[2].rpartition(".")[0]
    if _text(samples, WHOLE, row) or "#" not in key:
        return image or key.rpartition("/")[2]
    number = key.rpartition("#")[2]
    # Names made by machines are told apart by their beginning.
    return f"{image[:8] if len(image) > 24 and image.count('-') >= 4 else image} {number}"


def sketch(samples: Samples, rows: Index, points: int) -> npt.NDArray[np.float32]:
    """No small line says anything of a cell: thumbnails do."""
    return np.zeros((len(rows), points), np.float32)


def drawn(samples: Samples) -> bool:
    """Whether any small line is worth showing: none is."""
    return False
