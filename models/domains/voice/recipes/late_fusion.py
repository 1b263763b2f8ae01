"""Late fusion: a model of each sub-base, whose answers are joined (the IMBALMED ensemble, arXiv 2410.10374)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Annotated, Any

from models.domains.voice.recipes.inception import INCEPTION, InceptionParams
from models.errors import UserError
from models.learn.fuse import RULES
from models.params import Note
from models.sample import Samples


@dataclass(frozen=True)
class FusionParams(InceptionParams):
    """By which rule the sub-bases are joined; each of them learns as `inception` does."""

    rule: Annotated[
        str,
        Note(
            "How answers are joined: their mean, weighted by validation, a stack",
            choices=RULES,
            section="Data",
        ),
    ] = "weighted"


def given(params: Any, samples: Samples) -> Any:
    """The folds of the sub-bases. Raises UserError where there are not at least two to join."""
    from models.domains.voice import sub_bases

    found = sub_bases.given(params, samples)
    if len({one.name for one in found}) < 2:
        raise UserError(
            "late fusion joins the models of two sub-bases or more, and these samples came with fewer. Import a folder "
            "with subdb1_train_10_90.csv and so on, or take the recipe inception."
        )
    return found


def rule_of(params: Any) -> str:
    """The rule that the parameters name."""
    return str(params.rule)


def member(params: Any) -> tuple[str, Any]:
    """Each sub-base is learnt by `inception`, so that what it has learnt already counts."""
    names = [field.name for field in fields(InceptionParams)]
    assert INCEPTION.member is not None
    return INCEPTION.member(InceptionParams(**{name: getattr(params, name) for name in names}))


LATE_FUSION = replace(
    INCEPTION,
    name="late_fusion",
    title="Late fusion of sub-bases",
    params=FusionParams,
    given=given,
    fusion=rule_of,
    member=member,
)
