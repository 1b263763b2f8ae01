"""The page /docs: all routes with what they take and answer, without a script and without the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = """body{font:15px/1.5 Inter,system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2024}
code,pre{font:13px/1.5 ui-monospace,monospace;background:#f2f4f6;border-radius:4px}code{padding:1px 4px}
pre{padding:.8rem;overflow:auto}h2{margin:2rem 0 .3rem;font-size:1.05rem}summary{cursor:pointer;color:#57606a}"""
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
}


def page(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document."""
    info = document["info"]
    parts = [f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>"]
    parts.append('<p>The same for programs: <a href="openapi.json">openapi.json</a></p>')
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            parts.append(_route(f"{method.upper()} {path}", told))
    body = "\n".join(parts)
    title = escape(info["title"])
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f"{head}{body}</html>"


def _route(head: str, told: Mapping[str, Any]) -> str:
    words = escape(str(told.get("description") or told.get("summary", "")))
    out = f"<h2><code>{escape(head)}</code></h2><p>{words}</p>"
    if sent := told.get("requestBody"):
        out += _folded("What it takes", sent["content"])
    answers = {status: one["description"] for status, one in told["responses"].items()}
    return out + _folded("What it answers", answers)


def _folded(title: str, value: Any) -> str:
    text = escape(json.dumps(value, indent=1, ensure_ascii=False))
    return f"<details><summary>{title}</summary><pre>{text}</pre></details>"
