"""The formats that smears go out in; what writes each is loaded when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

from models.domain import Export, ExportView
from models.job import Progress


def _export(name: str, title: str, suffix: str, module: str, needs: str = "", of_run: bool = False) -> Export:
    def write(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
        found = importlib.import_module(f"models.domains.smears.{module}")
        told: dict[str, Any] = yield from found.export(view, path)
        return told

    return Export(name, title, suffix, write, needs=needs, of_run=of_run)


EXPORTS = (
    _export("coco", "COCO JSON of boxes", ".json", "coco_file"),
    _export("yolo", "YOLO data set, with the images", "", "yolo_folder"),
    _export("voc", "Pascal VOC, with the images", "", "voc_folder"),
    _export("folders", "Class folders of crops", "", "crop_folders"),
    _export("cpa", "Training set of CellProfiler Analyst, with the images", "", "cpa_file"),
    _export("geojson", "GeoJSON for QuPath, a file an image", "", "geojson"),
    _export("onnx", "ONNX of a run's network (extra: onnx)", ".onnx", "onnx_model", "onnx", of_run=True),
)
