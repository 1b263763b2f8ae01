"""What metadata alone reach, so that nobody takes a confound for a finding."""

from __future__ import annotations

import numpy as np

from models.errors import UserError
from models.job import Progress, Steps
from models.learn.metadata import confound_words, metadata_score
from models.orders.naming import find_domain, place, plain
from models.orders.plan import Wish, make_plan
from models.store.project import Project


def metadata_alone(project: str, where: str = "") -> Steps:
    """{metrics, words}: a model of metadata columns alone, out of fold by group."""
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        if kind.metadata is None:
            raise UserError(f"{kind.title} name no metadata to learn from.")
        yield Progress(text="Scoring metadata alone")
        plan = make_plan(opened, kind, opened.journal.fold, Wish(where=where, folds=5), 0, None)
        rows = np.flatnonzero(plan.codes >= 0)
        x = kind.metadata(plan.samples)[rows]
        found = metadata_score(
            x, plan.codes[rows], plan.groups[rows], plan.classes, 0, 5, kind.is_ordinal(plan.classes)
        )
        return plain({"metrics": found, "words": confound_words(found)})
