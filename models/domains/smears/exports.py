"""The formats that smears go out in; what writes each is loaded when it is asked for."""

from __future__ import annotations

from functools import partial

from models.domain import Export
from models.lazy import lazy

_own = partial(lazy, __name__.rpartition(".")[0])
EXPORTS = (
    Export("coco", "COCO JSON of boxes", ".json", _own("coco_file.export")),
    Export("yolo", "YOLO data set, with the images", "", _own("yolo_folder.export")),
    Export("voc", "Pascal VOC, with the images", "", _own("voc_folder.export")),
    Export("folders", "Class folders of crops", "", _own("crop_folders.export")),
    Export("cpa", "Training set of CellProfiler Analyst, with the images", "", _own("cpa_file.export")),
    Export("geojson", "GeoJSON for QuPath, a file an image", "", _own("geojson_file.export")),
    Export(
        "onnx", "ONNX of a run's network (extra: onnx)", ".onnx", _own("onnx_model.export"), needs="onnx",
        of_run=True,
    ),
)  # fmt: skip
