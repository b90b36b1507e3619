"""What can go wrong with the store, without the statement, its parameters or the address of the database."""


class StoreError(Exception):
    """The database could not do what was asked; nothing of the unit of work was kept."""


class SchemaMismatch(StoreError):
    """The database's schema is newer than this code, or not ours."""


class AlreadyInUse(StoreError):
    """Another process serves this SQLite file."""


class IllegalTransition(Exception):
    """A move the state table does not have: a mistake in the code, never in the data."""
