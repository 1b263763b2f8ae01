"""What is said of a whole recording, where another curator of a shared journal withdraws the window it stands on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.domains.eeg.bad_channels import called_bad
from models.domains.eeg.carrier import carrier_of
from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.fake import fake
from models.job import Job, finish
from models.orders.upkeep import purge
from models.store.project import Project
from workers.inline import run

if TYPE_CHECKING:
    from conftest import Server

C3 = CHANNELS.index("C3")


def fill(path: Path, data: Path, url: str) -> list[str]:
    """A curator's project of generated windows; the ids of those of one recording."""
    Project.create(path, "eeg", labels_url=url, votes=True).close()
    run(Job("import_samples", {"project": str(path), "sources": [str(data)]}, "import"))
    with Project.open(path) as project:
        samples = project.samples
        carriers = [carrier_of(samples, row) for row in range(len(samples))]
        longest = max(carriers, key=carriers.count)
        return [samples.ids()[row] for row, name in enumerate(carriers) if name == longest]


@pytest.mark.parametrize("seen", ["while it is open", "when it is opened"])
def test_a_bad_channel_stays_bad_where_another_withdraws_the_window_it_was_said_on(
    tmp_path: Path, server: Server, seen: str
) -> None:
    finish(fake(tmp_path / "data", samples=24, seed=2, patients=6))
    url = server.database()
    fill(tmp_path / "bob", tmp_path / "data", url)
    first, second, *others = fill(tmp_path / "ann", tmp_path / "data", url)
    assert others
    ann = Project.open(tmp_path / "ann")
    ann.call_bad(first, ["C3"])
    for gone, heir in ((first, second), (second, others[0])):
        if seen == "when it is opened":
            ann.close()
        finish(purge(str(tmp_path / "bob"), f'id == "{gone}"'))
        if seen == "when it is opened":
            ann = Project.open(tmp_path / "ann")
        else:
            assert ann.refresh()
        assert ann.setting("bad_channels") == {heir: ["C3"]}, "nothing is left of what was withdrawn"
        assert gone not in ann.samples.ids()
        assert called_bad(ann.samples, ann.rows_of(others))[:, C3].all()
    ann.close()
    finish(purge(str(tmp_path / "bob"), " or ".join(f'id == "{name}"' for name in others)))
    with Project.open(tmp_path / "ann") as ann:
        assert ann.setting("bad_channels") == {}
