"""All tables there are: importing every room of the store fills `metadata`."""

import importlib
import pkgutil

from sqlalchemy import MetaData

import store
from store.tables import metadata


def everything() -> MetaData:
    """The metadata with the tables of every room."""
    for module in pkgutil.iter_modules(store.__path__, "store."):
        importlib.import_module(module.name)
    return metadata
