"""Steps from one version of the schema to the next, run by alembic from inside the program."""
