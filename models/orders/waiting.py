"""What a queue waits for: trainings of models that never saw the labels they judge. Light, for the window asks."""

from __future__ import annotations

from models.store.predictions import fold_file
from models.store.project import Project
from models.store.runs import RunRecord

#: Strategies that judge labels and so need probabilities of models that never saw the sample.
JUDGING = ("blend", "label-issue")
#: Parts of a run's labels; a model of all others judges each.
FOLDS = 5


def training_left(project: Project, record: RunRecord, strategy: str) -> float:
    """Seconds that a queue waits for trainings, by how long that of the run took; 0 where it waits for none."""
    told = record.record
    folded = "out_of_fold" in (told.get("metrics") or {})
    if strategy not in JUDGING or folded or fold_file(project.cache, record.id, told).exists():
        return 0.0
    # Each of them learns from all folds but one.
    return float(told.get("seconds") or 0.0) * (FOLDS - 1)
