"""A run on one page of HTML that needs no other file."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.domain import Domain
from models.job import Progress
from models.learn.words import lone_words, moment, tell_beside
from models.orders.figures import draw_all
from models.store.atomic import write_text
from models.store.project import Project

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2430}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse}
td,th{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid #dde1e7}
figure{display:inline-block;margin:1rem 1rem 0 0;vertical-align:top}svg{max-width:100%;height:auto}
.warn{background:#fff4df;padding:.5rem 1rem}"""
_NAMES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "auc": "AUC, one against the rest",
    "log_loss": "Log loss (nats)",
    "kl": "KL from the votes (nats)",
    "calibration_error": "Calibration error",
    "mae": "Mean absolute error",
    "within_one": "Within one",
    "quadratic_kappa": "Quadratic kappa",
}


def write_report(project: Project, kind: Domain, run: str, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """Write the report of a run; {written, files, skipped}."""
    record = project.runs.get(run)
    part, metrics = record.judged()
    pictures: list[str] = []
    for name, figure in draw_all(project, kind, record, part, metrics):
        yield Progress(len(pictures), 0, f"Drawing {name}")
        pictures.append(f"<figure>{_svg(figure)}</figure>")
    title = f"{project.path.name}: {record.title}"
    body = [
        f"<h1>{html.escape(title)}</h1>",
        _warning(record.record),
        _facts(record.record),
        f"<h2>Scores ({html.escape(part.replace('_', ' '))})</h2>",
        _scores(metrics),
        "<h2>Figures</h2>",
        *pictures,
        "<h2>Settings</h2>",
        _pairs(record.record.get("params", {})),
    ]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
    write_text(path, f"{head}<style>{_STYLE}</style><body>{''.join(body)}</body></html>\n")
    return {"format": "report", "written": 1, "of": "report", "files": [str(path)], "skipped": []}


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", facecolor="white")
    found = text.getvalue()
    return re.sub(r"<metadata>.*?</metadata>", "", found[found.index("<svg") :], flags=re.S)


def _warning(record: Mapping[str, Any]) -> str:
    notes = list(record.get("split", {}).get("notes", []))
    if not record.get("split", {}).get("independent", True):
        notes.insert(0, "Not independent: samples of one group stand on both sides of the split.")
    if record.get("stopped_early"):
        notes.append("The training was stopped early.")
    return "".join(f'<p class="warn">{html.escape(note)}</p>' for note in notes)


def _facts(record: Mapping[str, Any]) -> str:
    split = record.get("split", {})
    counts = ", ".join(f"{split.get(name, 0)} {name}" for name in ("train", "val", "test"))
    facts = {
        "Recipe": record.get("recipe"),
        "Begun": moment(record.get("started") or ""),
        "Seconds": record.get("seconds"),
        "Seed": record.get("seed"),
        "Labels": record.get("snapshot", {}).get("labels"),
        "Snapshot": str(record.get("snapshot", {}).get("sha", ""))[:16],
        "Split": f"by {split.get('by')}: {counts}",
        "Metadata alone": record.get("words"),
    }
    return _pairs({name: value for name, value in facts.items() if value not in (None, "")})


def _pairs(values: Mapping[str, Any]) -> str:
    rows = "".join(f"<tr><th>{html.escape(str(k))}</th><td>{html.escape(str(v))}</td></tr>" for k, v in values.items())
    return f"<table>{rows}</table>"


def _scores(metrics: Mapping[str, Any]) -> str:
    rows = []
    for name, words in _NAMES.items():
        value = metrics.get(name)
        if value is None:
            continue
        pair = metrics.get("intervals", {}).get(name)
        limits = f"[{pair[0]:.3f}, {pair[1]:.3f}]" if pair else ""
        chance = metrics.get("chance", {}).get(name)
        told = "" if chance is None else f"{chance:.3f}"
        rows.append(f"<tr><th>{words}</th><td>{value:.3f}</td><td>{limits}</td><td>{told}</td></tr>")
    head = "<tr><th></th><th>Value</th><th>95 % interval</th><th>Chance</th></tr>"
    beside = tell_beside((metrics.get("votes") or {}).get("raters"))
    lone = lone_words(metrics)
    warning = f'<p class="warn">{html.escape(lone)}</p>' if lone else ""
    return f"<table>{head}{''.join(rows)}</table>" + warning + (f"<p>{html.escape(beside)}</p>" if beside else "")
