"""Who may ask: bearer tokens of a project, kept as their digests, and signed ones (JWT) of somebody else."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from models.errors import UserError
from models.store.fold import person
from models.store.project import Project

#: The setting of a project that holds them, and whom a signed token must be meant for.
SETTING, AUDIENCE = "service_tokens", "winnow"
#: Fewer bytes are no secret.
_SHORTEST = 32
#: So begin JWK, certificates and keys of SSH: often public, and who takes them for a secret lets anybody sign.
_NO_SECRETS = ("{", "-----BEGIN", "ssh-", "ecdsa-")


@dataclass(frozen=True)
class Caller:
    """Who asks. curator: may label."""

    name: str
    curator: bool = False


@dataclass(frozen=True)
class Key:
    """What signed tokens are checked with."""

    secret: str
    algorithms: tuple[str, ...]


class Tokens:
    """The tokens that a service knows. open: whoever comes without one is let in, but may not label."""

    def __init__(self, known: Mapping[str, Mapping[str, Any]], key: Key | None = None) -> None:
        self._known = {str(one["sha256"]): Caller(name, bool(one.get("curator"))) for name, one in known.items()}
        self._key = key

    @property
    def any(self) -> bool:
        """Whether there is a token at all."""
        return bool(self._known) or self._key is not None

    def caller(self, token: str) -> Caller | None:
        """Whose token it is, None for none that is known."""
        digest = _digest(token)
        for known, caller in self._known.items():
            if hmac.compare_digest(known, digest):
                return caller
        return self._signed(token) if self._key is not None else None

    def _signed(self, token: str) -> Caller | None:
        assert self._key is not None
        try:
            claims = jwt.decode(
                token, self._key.secret, algorithms=list(self._key.algorithms), audience=AUDIENCE,
                options={"require": ["exp", "sub"]},
            )  # fmt: skip
            return Caller(person(str(claims["sub"])), claims.get("role") == "curator")
        except (jwt.PyJWTError, UserError, ValueError):
            return None


def read_key(path: str) -> Key | None:
    """The key in a file: a secret, or a public key as PEM. Raises UserError."""
    if not path:
        return None
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: the key can't be read ({error}).") from None
    if "PRIVATE KEY" in text:
        raise UserError(f"{path} is a private key. Give the public one: the service only checks signatures.")
    if "PUBLIC KEY" in text:
        return Key(text, ("RS256", "ES256", "EdDSA"))
    if text.startswith(_NO_SECRETS):
        raise UserError(f"{path} holds a key in a form that is not read. Give a secret, or a public key as PEM.")
    if len(text.encode()) < _SHORTEST:
        raise UserError(f"{path}: a secret needs {_SHORTEST} bytes or more.")
    return Key(text, ("HS256",))


def make_token(project: Project, name: str, curator: bool) -> str:
    """A new token of this name; it is told once and kept as its digest. Raises UserError for a name that is taken."""
    known = dict(project.setting(SETTING, {}))
    name = person(name)
    if not name:
        raise UserError("a token needs a name: that of whoever uses it.")
    if name in known:
        raise UserError(f"there is a token {name!r} already. Drop it first with --drop-token.")
    token = secrets.token_urlsafe(32)
    project.set_setting(SETTING, {**known, name: {"sha256": _digest(token), "curator": curator}})
    return token


def drop_token(project: Project, name: str) -> None:
    """Forget a token; a service that runs knows it until it starts anew. Raises UserError for none."""
    known = dict(project.setting(SETTING, {}))
    if name not in known:
        raise UserError(f"there is no token {name!r}; there are {', '.join(sorted(known)) or 'none'}.")
    del known[name]
    project.set_setting(SETTING, known or None)


def tokens_of(project: Project, key: Key | None, given: str = "") -> Tokens:
    """Those of a project. given: one more, of the environment."""
    known: dict[str, Any] = dict(project.setting(SETTING, {}))
    if given:
        if len(given) < _SHORTEST:
            raise UserError(f"the token of the environment is too short: {_SHORTEST} signs or more are needed.")
        known["environment"] = {"sha256": _digest(given), "curator": False}
    return Tokens(known, key)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
