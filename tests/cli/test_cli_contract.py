"""Every verb: in the documented table, answers --json with its keys, errors in one line with status 1."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli import call
from app.cli.run import log_file
from app.cli.verbs import VERBS

DOCUMENTED = (
    "gui",
    "demo",
    "fake",
    "new",
    "import",
    "locate",
    "summary",
    "samples",
    "label",
    "flag",
    "note",
    "edit",
    "undo",
    "redo",
    "history",
    "recipes",
    "train",
    "predict",
    "evaluate",
    "compare",
    "queue",
    "explain",
    "figures",
    "export",
    "runs",
    "check",
    "purge",
    "pipeline",
)
SCORES = (
    "n",
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "auc",
    "log_loss",
    "per_class",
    "confusion",
    "intervals",
    "chance",
)


def first(winnow: Any, project: Path) -> str:
    return str(winnow.ok("samples", project, "--limit", 1)["rows"][0]["id"])


def test_all_documented_verbs_are_there() -> None:
    assert set(DOCUMENTED) <= set(VERBS)


@pytest.mark.parametrize("verb", list(VERBS))
def test_each_verb_has_help(winnow: Any, verb: str) -> None:
    ended = winnow(verb, "--help")
    assert ended.status == 0
    assert ended.out.startswith(f"Usage: winnow {verb}")
    assert "--json" in ended.out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom app.cli import call\ncall(['--help'])\n"
        "heavy = {'torch', 'PySide6', 'pandas', 'h5py', 'sklearn', 'pyarrow', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "import" in ended.stdout


def test_import_answers_with_its_keys(winnow: Any, tmp_path: Path, data: Path) -> None:
    winnow.ok("new", tmp_path / "p", "--domain", "traces")
    dry = winnow.ok("import", tmp_path / "p", data, "--set", "per_file=2", "--dry-run")
    assert dry["added"] == 150
    assert winnow.ok("summary", tmp_path / "p")["samples"] == 0
    told = winnow.ok("import", tmp_path / "p", data, "--set", "per_file=2")
    assert (told["samples"], told["added"], told["known"], told["groups"]) == (150, 150, 0, 6)
    assert told["classes"] == {"0": 6, "1": 36, "2": 72, "3": 36}
    assert told["classes"] == dry["classes"]
    assert told["skipped"] == []
    again = winnow.ok("import", tmp_path / "p", data, "--set", "per_file=2")
    assert (again["samples"], again["added"], again["known"], again["votes"]) == (150, 0, 150, 0)


def test_summary_and_samples(winnow: Any, project: Path) -> None:
    told = winnow.ok("summary", project)
    assert {"samples", "groups", "labels", "votes", "columns", "runs"} <= set(told)
    noise = next(column for column in told["columns"] if column["name"] == "noise")
    assert (noise["missing"], noise["distinct"], noise["range"]) == (0, 3, [0.01, 0.05])
    assert sum(bar["n"] for bar in noise["histogram"]) == told["samples"] == 450
    rows = winnow.ok("samples", project, "--where", "noise == 0.01", "--sort", "-cMax", "--limit", 5)
    assert rows["found"] == 150
    peaks = [row["cMax"] for row in rows["rows"]]
    assert peaks == sorted(peaks, reverse=True)
    assert {"id", "group", "label", "votes", "flags", "prediction"} <= set(rows["rows"][0])
    few = winnow.ok("samples", project, "--columns", "noise", "--limit", 1)["rows"][0]
    assert list(few) == ["id", "group", "label", "noise"]


def test_train_answers_with_its_keys(winnow: Any, project: Path) -> None:
    told = winnow.ok("runs", project, "run-1")
    assert {"by", "train", "val", "test", "groups", "independent"} <= set(told["split"])
    assert told["split"]["independent"]
    assert set(SCORES) <= set(told["metrics"]["test"])
    assert [point["value"] for point in told["metrics"]["test"]["by_noise"]]
    assert told["metrics"]["test"]["balanced"]["chance"] == pytest.approx(0.25)
    assert told["params"]["trees"] == 20
    assert told["metrics"]["metadata_only"]["balanced_accuracy"] == pytest.approx(0.25, abs=0.05)
    folder = Path(told["folder"])
    assert {"card.md", "run.json", "predictions.arrow", "log.txt", "model"} <= {item.name for item in folder.iterdir()}


def test_same_seed_gives_same_metrics_and_the_locked_test_set_stays(winnow: Any, project: Path) -> None:
    sets = ("train", project, "--recipe", "forest", "--trees", 10, "--no-baseline")
    runs = [winnow.ok(*sets, "--seed", seed) for seed in (4, 4, 5)]
    assert runs[0]["metrics"] == runs[1]["metrics"]
    assert runs[0]["metrics"]["test"]["n"] == runs[2]["metrics"]["test"]["n"]
    apart = winnow.ok(*sets, "--split-seed", 3)
    assert apart["split"]["kind"] == "separate"


def test_folds_give_out_of_fold_metrics(winnow: Any, project: Path) -> None:
    told = winnow.ok("train", project, "--recipe", "forest", "--trees", 5, "--folds", 3, "--where", "noise == 0.01")
    assert told["metrics"]["out_of_fold"]["n"] + told["metrics"]["test"]["n"] == 150
    assert len(told["split"]["folds"]) == 3
    assert told["metrics"]["out_of_fold"]["by_noise"][0]["n"] == told["metrics"]["out_of_fold"]["n"]


def test_leaking_split_says_so(winnow: Any, project: Path) -> None:
    told = winnow.ok("train", project, "--recipe", "forest", "--trees", 5, "--split-by", "sample", "--no-baseline")
    assert told["split"]["by"] == "sample"
    assert not told["split"]["independent"]


def test_predict_evaluate_compare_queue(winnow: Any, project: Path, tmp_path: Path) -> None:
    told = winnow.ok("predict", project, "--run", "run-1", "--where", "noise == 0.05", "--out", tmp_path / "p.csv")
    assert told["predicted"] == sum(told["classes"].values()) == 150
    assert (tmp_path / "p.csv").read_text().startswith("sample,group,prediction,confidence,part,p_0")
    sure = winnow.ok("predict", project, "--model", project / "runs" / "run-1", "--set", "abstain=0.99")
    assert sure["abstained"] > 0
    scored = winnow.ok("evaluate", project, "--run", "run-1")
    record = winnow.ok("runs", project, "run-1")
    assert scored["metrics"]["accuracy"] == record["metrics"]["test"]["accuracy"]
    assert {"metrics", "confusion", "intervals"} <= set(scored)
    there = winnow.ok("evaluate", project, "--run", "run-1", "--on", project, "--max-samples", 60)
    assert (there["part"], there["metrics"]["n"]) == ("external", 60)
    assert "of these 60 samples: this score flatters it" in there["notes"][0]
    drawn = winnow.ok("figures", project, "--run", "run-1", "--on", project, "--out", tmp_path / "f")
    assert (drawn["part"], "samples: this score flatters it" in drawn["notes"][0]) == ("external", True)
    assert winnow.ok("figures", project, "--run", "run-1", "--out", tmp_path / "own")["notes"] == []
    lines = [line.split(",") for line in (tmp_path / "p.csv").read_text().splitlines()]
    held_out = ", ".join(f'"{line[0]}"' for line in lines if line[4] == "test")
    unseen = winnow.ok("evaluate", project, "--run", "run-1", "--on", project, "--where", f"id in ({held_out})")
    assert unseen["notes"] == []
    other = winnow.ok("train", project, "--recipe", "forest", "--features", "all", "--trees", 10, "--no-baseline")[
        "run"
    ]
    found = winnow.ok("compare", project, "run-1", other)
    assert {"difference", "interval", "flipped", "verdict"} <= set(found)
    assert all(one["first"] != one["second"] for one in found["flipped"])
    same = winnow.ok("compare", project, "run-1", "run-1")
    assert (same["difference"], same["flipped"]) == (0.0, [])


@pytest.mark.parametrize("strategy", ["blend", "uncertainty", "label-issue", "diversity", "disagreement", "audit"])
def test_queue_says_why(winnow: Any, project: Path, strategy: str) -> None:
    told = winnow.ok("queue", project, "--run", "run-1", "--strategy", strategy, "-n", 5)["queue"]
    assert len(told) <= 5
    assert len({entry["sample"] for entry in told}) == len(told)
    assert all(set(entry) == {"sample", "score", "strategy", "reason"} and entry["reason"] for entry in told)


def test_explain_figures_export(winnow: Any, project: Path, tmp_path: Path) -> None:
    drawn = winnow.ok("figures", project, "--run", "run-1", "--out", tmp_path / "f")["files"]
    names = {Path(file).name for file in drawn}
    assert {"confusion.png", "confusion.svg", "accuracy_against_noise.png", "reliability.svg", "by_noise.csv"} <= names
    told = winnow.ok("export", project, "--format", "report", "--run", "run-1", "--out", tmp_path / "r.html")
    page = Path(told["files"][0]).read_text()
    assert page.count("<svg") >= 3
    assert "http" not in page.replace("http://www.w3.org", "").replace("https://www.w3.org", "")
    table = winnow.ok(
        "export", project, "--format", "parquet", "--out", tmp_path / "t.parquet", "--where", "label == 0"
    )
    assert table["written"] == 18
    ended = winnow("explain", project, "--run", "run-1", "--out", tmp_path / "e", "--where", "row < 2", "--json")
    assert ended.status in (0, 1)


def test_runs_are_named_marked_deleted_and_brought_back(winnow: Any, project: Path) -> None:
    named = winnow.ok("runs", project, "run-1", "--name", "first", "--note", "all noises", "--best", "--by", "ann")
    assert (named["name"], named["note"], named["best"]) == ("first", "all noises", True)
    assert winnow.ok("runs", project, "best")["run"] == "run-1"
    assert winnow.ok("predict", project, "--run", "first", "--where", "row < 3")["predicted"] == 3
    count = len(winnow.ok("runs", project)["runs"])
    assert winnow.ok("runs", project, "first", "--delete", "--by", "ann")["deleted"]
    assert len(winnow.ok("runs", project)["runs"]) == count - 1
    winnow.ok("undo", project, "--by", "ann")
    assert len(winnow.ok("runs", project)["runs"]) == count


def test_map_matrix_recipes(winnow: Any, project: Path) -> None:
    import numpy as np

    told = winnow.ok("map", project)
    assert np.load(told["file"]).shape == (450, 2)
    grid = winnow.ok("matrix", project, "--recipe", "forest", "--set", "trees=5")
    assert grid["levels"] == [0.01, 0.03, 0.05]
    assert [len(row) for row in grid["balanced_accuracy"]] == [3, 3, 3]
    listed = winnow.ok("recipes", "traces")["recipes"]
    assert {"mlp", "cnn", "forest"} <= {recipe["name"] for recipe in listed}
    assert {"name", "kind", "default", "low", "high", "unit", "help"} <= set(listed[0]["params"][0])


def test_recipes_tell_presets_and_choices(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["recipes", "voice"]) == 0
    lines = capsys.readouterr().out.splitlines()
    inception = lines[lines.index("inception: InceptionV3 on mel spectrograms") :]
    assert inception[1] == "  --preset quick, ResNet-34"
    assert inception[2].endswith("[none, downsample, sampler, weights]")
    assert "  --subdbs –  Sub-bases that are trained" in inception
    assert "  --batch-size 32  Recordings a step" in inception


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x93NUMPY"])
def test_a_damaged_map_is_made_again(winnow: Any, project: Path, content: bytes) -> None:
    winnow.ok("map", project)
    kept = sorted((project / "cache" / "map").glob("*sketch*.npy"))
    before = [file.read_bytes() for file in kept]
    assert len(kept) == 2, "vectors and places"
    for file in kept:
        file.write_bytes(content)
    assert not winnow.ok("map", project)["cached"]
    assert [file.read_bytes() for file in kept] == before


MISTAKES: dict[str, tuple[tuple[object, ...], str]] = {
    "no project": (("summary", "nowhere"), "not a project"),
    "unknown domain": (("new", "other", "--domain", "trace"), "Did you mean traces?"),
    "unknown recipe": (("train", "P", "--recipe", "forrest"), "Did you mean forest?"),
    "unknown format": (("export", "P", "--format", "parquett", "--out", "x"), "Did you mean parquet?"),
    "unknown run": (("queue", "P", "--run", "run-99"), "there is no run 'run-99'. Did you mean"),
    "unknown strategy": (("queue", "P", "--strategy", "uncertain"), "Did you mean uncertainty?"),
    "unknown class": (("label", "P", "ID=nine"), "Known: 0, 1, 2, 3"),
    "unknown sample": (("label", "P", "nobody=1"), "nobody"),
    "unknown column": (("samples", "P", "--sort", "nois"), "Did you mean noise?"),
    "unknown parameter": (("train", "P", "--recipe", "forest", "--set", "tree=3"), "Did you mean trees?"),
    "outside limits": (("train", "P", "--recipe", "forest", "--trees", "0"), "limits"),
    "wrong filter": (("samples", "P", "--where", "noise = = 3"), "noise"),
    "missing path": (("import", "P", "nowhere.h5"), "does not exist"),
    "nothing fits": (("label", "P", "--where", "noise == 9", "--as", "1"), "no sample fits"),
    "purge without yes": (("purge", "P", "--where", "row == 0"), "--yes"),
    "no structure": (("edit", "P", "--from", "x.json"), "none is merged, split, added or found here"),
    "two sources": (("predict", "P", "--run", "last", "--model", "x"), "either"),
    "nothing to resume": (("train", "P", "--recipe", "cnn", "--resume"), "no interrupted training"),
    "wrong split file": (("train", "P", "--recipe", "forest", "--split", "nowhere.csv"), "nowhere.csv"),
    "no pipeline": (
        ("pipeline", "nowhere.yaml"),
        "nowhere.yaml does not exist. Give a YAML file; winnow pipeline FILE --template",
    ),
    "no share": (("train", "P", "--recipe", "forest", "--test-size", "nan"), "share of the test set is nan"),
    "neither yes nor no": (("evaluate", "P", "--run", "last", "--set", "balanced=maybe"), "yes or no"),
    "a flag without a name": (("flag", "P", "--where", "row == 0", "--as", " "), "a flag needs a name"),
    "no path": (("export", "P", "--format", "csv", "--out", "a\0b"), "is no path"),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_mistakes_give_one_line_and_status_1(winnow: Any, project: Path, tmp_path: Path, name: str) -> None:
    arguments, words = MISTAKES[name]
    sample = first(winnow, project)
    places = {"P": str(project), "x": str(tmp_path / "x"), "other": str(tmp_path / "other")}
    filled = [places.get(str(part), str(part)).replace("ID", sample) for part in arguments]
    ended = winnow(*filled, "--json")
    assert ended.status == 1, ended
    assert ended.out == ""
    assert ended.err.startswith("winnow: ")
    assert ended.err.count("\n") == 1
    assert words in ended.err
    assert "our fault" not in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["summary"],
        ["summary", "P", "--nothing"],
        ["train", "P", "--recipe", "forest", "--epochz", "3"],
        ["label", "P"],
        ["label", "P", "--where", "labelled"],
    ],
)
def test_usage_mistakes_give_status_2(winnow: Any, project: Path, arguments: list[str]) -> None:
    ended = winnow(*[str(project) if part == "P" else part for part in arguments])
    assert ended.status == 2
    assert ended.out == ""
    assert ended.err.startswith("winnow: ")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("--epochs", "forest has no --epochs, which belongs to mlp, cnn"),
        ("--fold", "No such option '--fold'. Did you mean '--folds'?"),
        ("--tree", "No such option '--tree'. (Did you mean one of: '--recipe', '--resume', '--trees'?)"),
    ],
)
def test_a_flag_of_another_recipe_or_nearly_one_is_told_as_such(
    winnow: Any, project: Path, flag: str, words: str
) -> None:
    ended = winnow("train", project, "--recipe", "forest", flag, "3")
    assert (ended.status, ended.out) == (2, "")
    assert words in ended.err, ended.err


def test_verbose_adds_the_traceback_and_the_log_has_it_always(winnow: Any, own_log: Path) -> None:
    assert "Traceback" not in winnow("summary", "nowhere").err
    assert "Traceback" in winnow("summary", "nowhere", "--verbose").err
    assert "Traceback" in own_log.read_text()


def test_the_log_is_in_the_state_folder_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_STATE", str(tmp_path))
    monkeypatch.delenv("WINNOW_LOG")
    assert log_file() == tmp_path / "log" / "winnow.log"


def test_nothing_is_overwritten_unasked(winnow: Any, project: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    export = ("export", project, "--format", "csv", "--out", file)
    winnow.ok(*export)
    before = file.stat().st_mtime_ns
    ended = winnow(*export)
    assert ended.status == 1
    assert "--overwrite" in ended.err
    assert file.stat().st_mtime_ns == before
    winnow.ok(*export, "--overwrite")
    assert winnow("new", project, "--domain", "traces").status == 1


def test_text_answers_are_readable(winnow: Any, project: Path) -> None:
    ended = winnow("summary", project)
    assert ended.status == 0
    assert "samples: 450" in ended.out
    assert "Traceback" not in ended.err


def test_the_module_runs_too(project: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "app.cli", "history", str(project), "--json"], check=True, capture_output=True, text=True
    )
    assert json.loads(ended.stdout)["events"]
    assert ended.stderr == ""
