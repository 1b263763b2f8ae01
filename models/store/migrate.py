"""Bring a database to the present version of the schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import UserError
from models.store import schema
from models.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"


def ensure(database: Database, project: bool, labels: bool) -> None:
    """Migrate an older database, all or nothing; UserError for a newer or a foreign one."""
    found = database.version()
    if found == schema.HEAD:
        return
    if found is None:
        raise UserError(f"{database.place} is not a database of Winnow. Give the folder of a project.")
    if found not in schema.VERSIONS:
        raise UserError(
            f"{database.place} was written by a newer version of Winnow (its schema is {found}, this program knows "
            f"up to {schema.HEAD}). Update Winnow to open it."
        )
    upgrade(database, project, labels)


def upgrade(database: Database, project: bool, labels: bool, to: str = schema.HEAD) -> None:
    """Run the steps up to version `to` in one transaction, also in an empty database."""
    from alembic import command

    with database.writing() as connection:
        config = settings()
        config.attributes["connection"] = connection
        config.attributes["parts"] = [name for name, wanted in (("project", project), ("labels", labels)) if wanted]
        command.upgrade(config, to)


def settings() -> Config:
    """Alembic's settings: where the steps are; no file is read."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config
