"""The tables of a project, as SQLAlchemy Core; which of them stand where, and the schema's version.

The tables of ``LABELS`` make the journal: they are in the project's own file, or on a label server
that several curators share. Those of ``PROJECT`` are always in the project's own file. Settings and
the locked test set are in both: where the journal is shared, what all curators must agree on is with it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text
from sqlalchemy.engine import Connection

#: Versions of the schema, oldest first; the last is the one that this program writes.
VERSIONS = ("0001", "0002", "0003", "0004", "0005")
HEAD = VERSIONS[-1]

metadata = MetaData()
Number = BigInteger().with_variant(Integer, "sqlite")

#: Settings of the project: a name and its value as JSON.
setting = Table("setting", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

#: Numbers that only rise. ``samples``: changes of samples or sources; ``rewrites``: changes of rows
#: that were there before (a purge, a source that was read anew); ``purges``: purges of the journal.
counter = Table("counter", metadata, Column("name", Text, primary_key=True), Column("value", Number, nullable=False))

#: Files (or folders) that samples come from; number: 0, 1, 2 …; size −1 and sha "" for a missing one.
source = Table(
    "source",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("size", Number, nullable=False),
    Column("mtime", Number, nullable=False),
    Column("sha", Text, nullable=False, server_default=""),
    Index("source_name", "name"),
    Index("source_path", "path"),
)

#: Samples in order of addition; subject: its number in the journal; meta: metadata as JSON; made: 1 for one
#: that no source holds but that an act made of others, so that it is there only while that act stands.
sample = Table(
    "sample",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("subject", Number, nullable=False),
    Column("source", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("grp", Text, nullable=False),
    Column("meta", Text, nullable=False),
    Column("made", Integer, nullable=False, server_default="0"),
    Index("sample_id", "id", unique=True),
    Index("sample_source", "source"),
)

#: The locked test set by portable id, and the versions of its labels.
test_sample = Table("test_sample", metadata, Column("id", Text, primary_key=True))
test_version = Table(
    "test_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sha", Text, nullable=False),
    Column("at", Text, nullable=False),
)

#: What the journal speaks of, by portable id; number 0 is the project itself and has no row.
subject = Table(
    "subject",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Index("subject_id", "id", unique=True),
)

#: Acts in commit order, numbered 1, 2, 3 … without gaps. accepts: 1 for one that took a model's word.
event = Table(
    "event",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("undoes", Number),
    Column("redoes", Number),
    Column("run", Text, nullable=False, server_default=""),
    Column("accepts", Integer, nullable=False, server_default="0"),
)

#: What an act changed, with the value and the stamp of before and after.
change = Table(
    "change",
    metadata,
    Column("event", Number, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("subject", Number, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("before", Text),
    Column("before_stamp", Number, nullable=False),
    Column("after", Text),
    Column("after_stamp", Number, nullable=False),
    Index("change_subject", "subject"),
    sqlite_with_rowid=False,
)

#: Withdrawn samples: hashes of their ids, and of what they held where it is known again by that; nothing else.
tombstone = Table("tombstone", metadata, Column("sha", Text, primary_key=True), Column("at", Text, nullable=False))

PROJECT = (setting, counter, source, sample, test_sample, test_version)
LABELS = (counter, subject, event, change, tombstone, setting, test_sample, test_version)

#: Where the version stands; alembic's own table.
version = Table("alembic_version", MetaData(), Column("version_num", Text, primary_key=True))


def tables(project: bool, labels: bool) -> list[Table]:
    """The tables of one database: the project's part, the journal's part, or both."""
    return [*(PROJECT if project else ()), *(t for t in LABELS if labels and not (project and t in PROJECT))]


def create(connection: Connection, project: bool, labels: bool) -> None:
    """Make the tables in an empty database and mark them with the present version."""
    metadata.create_all(connection, tables=tables(project, labels))
    version.create(connection)
    connection.execute(version.insert().values(version_num=HEAD))
