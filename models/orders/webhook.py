"""Posting to a webhook: one address that a person gave, in bounded time, with few tries; it follows nowhere else."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from models.errors import UserError

#: Seconds that one try may take, how many there are, and what is waited before the next.
SECONDS, PAUSES = 5.0, (0.0, 1.0, 3.0)
#: Answers after which another try may help.
_AGAIN = (408, 425, 429)


class _Stay(urllib.request.HTTPRedirectHandler):
    """An answer that sends elsewhere is a refusal: what is posted goes to the given address alone."""

    def redirect_request(self, *_given: Any) -> None:
        return None


def check_url(url: str) -> str:
    """The address as it is. Raises UserError for one that cannot be posted to."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
        fits = fits and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise UserError(f"{url!r} is no address of a webhook. Give one that begins with https:// or http://.")
    return url


def post(url: str, told: Mapping[str, Any]) -> str:
    """Post JSON; "" when it was taken, else why not, in words that do not repeat the address."""
    data = json.dumps(told, ensure_ascii=False).encode()
    words = ""
    for pause in PAUSES:
        time.sleep(pause)
        words, again = _timed(check_url(url), data)
        if not words or not again:
            break
    return words


def _timed(url: str, data: bytes) -> tuple[str, bool]:
    """One try; one that hangs, however it does, is left behind."""
    found: list[tuple[str, bool]] = []
    thread = threading.Thread(target=lambda: found.append(_try(url, data)), name="winnow-webhook", daemon=True)
    thread.start()
    thread.join(SECONDS)
    return found[0] if found else _silent()


def _silent() -> tuple[str, bool]:
    return f"the webhook did not answer within {SECONDS:g} s", True


def _try(url: str, data: bytes) -> tuple[str, bool]:
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=SECONDS):
            return "", False
    except urllib.error.HTTPError as error:
        error.close()
        return f"the webhook answered {error.code}", error.code >= 500 or error.code in _AGAIN
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            return _silent()
        return f"the webhook cannot be reached ({getattr(reason, 'strerror', None) or type(reason).__name__})", True
