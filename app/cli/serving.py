"""The verb that serves a run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from app.cli.configured import config_option, configuration, filled
from app.cli.projects import opened
from app.cli.run import answer
from app.cli.verbs import device_option, project_argument, shared


@click.command("serve", help="Answer requests for predictions over HTTP with a run of EEG, until Ctrl+C.")
@project_argument
@click.option("--run", default="best", show_default=True, metavar="RUN", help="A run's id or name, best or last.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen; another one than this machine needs tokens.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option(
    "--rate",
    type=click.FloatRange(0, 1e6),
    default=100.0,
    show_default=True,
    help="Requests a second of a caller; 0: any.",
)
@click.option(
    "--body",
    type=click.IntRange(1, 1024),
    default=64,
    show_default=True,
    metavar="MIB",
    help="Most MiB of a request; 64 windows have about 80.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(1, 3600),
    default=30.0,
    show_default=True,
    help="Most seconds that a request takes.",
)
@click.option("--keep/--no-keep", default=False, help="Keep requests as samples of the project, to be reviewed.")
@click.option("--cors", multiple=True, metavar="ORIGIN", help="Pages of this origin may ask; may be repeated.")
@click.option("--jwt-key", default="", metavar="FILE", help="Also signed tokens (JWT): their secret or public key.")
@click.option("--anonymous/--no-anonymous", default=False, help="Let anybody in without a token, from elsewhere too.")
@config_option
@click.option("--new-token", default="", metavar="NAME", help="Make a token, tell it once, and end.")
@click.option("--curator", is_flag=True, help="With --new-token: this one may label, under its name.")
@click.option("--drop-token", default="", metavar="NAME", help="Forget a token, and end.")
@device_option
@shared
@click.pass_context
def serve(
    ctx: click.Context,
    /,
    project: str,
    new_token: str,
    curator: bool,
    drop_token: str,
    config: str,
    as_json: bool,
    verbose: bool,
    **given: Any,
) -> None:
    from app.service.extra import check_extra
    from models.orders.naming import find_domain

    check_extra()
    if new_token or drop_token:
        _change_tokens(project, new_token, curator, drop_token, as_json)
        return
    if config:
        with opened(project) as found:
            given = filled(ctx, given, configuration(config, find_domain(found)).service())
    start_service(project, given, lambda url, name: answer({"url": url, "run": name}, as_json))


def start_service(project: str, given: Mapping[str, Any], told: Callable[[str, str], None]) -> None:
    """Serve until a signal ends it; what is not given is as the flags have it. told: the address and the run."""
    from app.service.options import MIB, Options
    from app.service.start import serve as start

    values = dict(given)
    run, device = str(values.pop("run", "best")), str(values.pop("device", "auto"))
    key, anonymous = str(values.pop("jwt_key", "")), bool(values.pop("anonymous", False))
    values["body"] = values.get("body", 64) * MIB
    values["cors"] = tuple(values.get("cors", ()))
    sys.stderr.write(f"Starting: reading {project} and its run, which takes up to a minute.\n")
    sys.stderr.flush()
    start(project, run, device, Options(**values), key, anonymous, told)


def _change_tokens(project: str, new: str, curator: bool, drop: str, as_json: bool) -> None:
    from app.service.tokens import drop_token, make_token

    with opened(project) as found:
        if drop:
            drop_token(found, drop)
        token = make_token(found, new, curator) if new else ""
    answer({**({"dropped": drop} if drop else {}), **({"name": new, "token": token} if new else {})}, as_json)


COMMANDS = {"serve": serve}
