"""What every training is asked beside its recipe's own parameters, and all that is asked as a command line."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from app.pages.train_split import GROUP
from models.params import Note, Param
from widgets.form import value_text

#: Parameters of every training, beside the recipe's own.
OWN = ("samples", "split_by", "folds", "cluster", "seed", "device")


def own_params(group: str) -> tuple[Param, ...]:
    """What the form asks for beside a recipe's parameters; `group` is the word for one."""
    samples = Note("Which samples", choices=("all", "list"), section="Data")
    help_words = f"What stays on one side of the split: whole {group}s, samples of one value, or as a file says"
    sides = Note(help_words, choices=(GROUP,), section="Data", label="Split by")
    folds = Note("0: the locked test set; 5: each sample out of fold once", low=0, high=20, section="Data")
    cluster = Note("Where folds are trained: local:4 for processes here, tcp://host:8786; empty: here", section="Data")
    device = Note("Where it computes", choices=("auto", "cpu", "cuda"))
    return (
        Param("samples", "str", "", "all", samples),
        Param("split_by", "str", "", "group", sides),
        Param("folds", "int", "", 0, folds),
        Param("cluster", "str", "", "", cluster),
        Param("seed", "int", "", 0, Note("Same seed, same numbers", short="repeatable")),
        Param("device", "str", "", "auto", device),
    )


def ordered(params: tuple[Param, ...]) -> list[Param]:
    """Sections in a fixed order: data first, training last."""
    ranks = {"Data": 0, "Training": 2}
    return sorted(params, key=lambda param: ranks.get(param.note.section, 1))


def command_line(given: Mapping[str, Any], differing: Mapping[str, tuple[str, str]], preset: Mapping[str, Any]) -> str:
    """``winnow train …`` for these arguments of the order. differing: what is otherwise than in the preset, as texts
    (new, old); preset: the values of that."""
    words = ["winnow", "train", given["project"], "--recipe", given["recipe"], "--seed", str(given["seed"])]
    for name, (new, _old) in differing.items():
        if name not in OWN:
            words += ["--set", f"{name}={new.replace(' ', '')}"]
    for flag in ("where", "split", "split_by", "cluster"):
        words += [f"--{flag.replace('_', '-')}", str(given[flag])] if given[flag] else []
    words += ["--folds", str(given["folds"])] if given["folds"] else []
    words += ["--device", given["device"]] if given["device"] != "auto" else []
    for name, value in preset.items():
        if name not in differing:
            words += ["--set", f"{name}={value_text(value).replace(' ', '')}"]
    return shlex.join(words)
