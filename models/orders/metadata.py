"""What metadata alone reach, so that nobody takes a confound for a finding."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.domain import Domain
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.metadata import confound_words, metadata_score, telling_columns, without_columns
from models.orders.naming import find_domain, place, plain
from models.orders.plan import Plan, Wish, make_plan
from models.store.project import Project


def metadata_alone(project: str, where: str = "") -> Steps:
    """{metrics, words}: a model of metadata columns alone, out of fold by group."""
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        if kind.metadata is None:
            raise UserError(f"{kind.title} name no metadata to learn from.")
        yield Progress(text="Scoring metadata alone")
        plan = make_plan(opened, kind, opened.journal.fold, Wish(where=where, folds=5), 0, None)
        found = score_metadata(kind, plan)
        return plain({"metrics": found, "words": confound_words(found)})


def score_metadata(kind: Domain, plan: Plan) -> dict[str, Any]:
    """The metrics of a model of metadata columns alone, out of fold by group, on all labelled rows of a plan.

    left_out: columns that tell the class by being there, which it does not see. Raises UserError for a domain that
    names no metadata.
    """
    if kind.metadata is None:
        raise UserError(f"{kind.title} name no metadata to learn from.")
    rows = np.flatnonzero(plan.codes >= 0)
    left = telling_columns(plan.samples, plan.codes)
    x = kind.metadata(without_columns(plan.samples, left))[rows]
    ordinal = kind.is_ordinal(plan.classes)
    found = metadata_score(x, plan.codes[rows], plan.groups[rows], plan.classes, 0, 5, ordinal)
    return found | {"left_out": [name for name in left if not name.startswith("_")]}
