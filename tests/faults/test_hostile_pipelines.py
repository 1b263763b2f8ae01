"""Pipeline files that would run code, never end or make no sense: one line with the place, nothing done."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import UserError
from models.orders.pipeline import read_file

LAUGHS = "values:\n  a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"  a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"project: q\n{LAUGHS}steps:\n - new: {{domain: traces, classes: $a11}}\n", "aliases"),
        ("project: q\nvalues: &v {a: *v}\nsteps: []\n", "aliases"),
        ('project: q\nsteps:\n - new: !!python/object/apply:os.system ["true"]\n', "line 3"),
        ("[" * 100_000, "YAML"),
        ("\0", "YAML"),
        ("project: [1]\nsteps: []\n", "line 1"),
        ("? [a]\n: b\nproject: q\nsteps: []\n", "no key"),
        ("project: q\nvalues: 3\nsteps: []\n", "line 2"),
        ("project: q\nsteps:\n - import: {sources: a, set: [1]}\n", "line 3: set"),
        ("project: q\nsteps:\n - train: {recipe: forest, seed: abc}\n", "line 3: seed"),
        ("project: q\nsteps:\n - train: {recipe: forest, max_samples: -5}\n", "line 3: max_samples"),
        ("project: q\nsteps:\n - train: {recipe: forest, test_size: big}\n", "line 3: test_size"),
        ("project: q\nsteps:\n - new: {domain: traces, classes: 5}\n", "line 3: classes"),
        ("project: q\nsteps:\n - export: {format: csv, out: [a]}\n", "line 3: out"),
    ],
)
def test_it_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(UserError, match=words):
        read_file(file, {})
