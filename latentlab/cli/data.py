"""``latentlab data``: what there is to train on, and what is in it."""

from __future__ import annotations

from cyclopts import App

from latentlab.base.errors import UsageError
from latentlab.cli.data_get import get
from latentlab.cli.data_info import info
from latentlab.cli.data_list import list_data
from latentlab.cli.data_pack import clear_cache, pack

data = App(name="data", help="List data sets, say what is in one, pack and download them.")
data.command(list_data, name="list")
data.command(info, name="info")
data.command(pack, name="pack")
data.command(get, name="get")
data.command(clear_cache, name="clear-cache")


@data.default
def _nothing() -> int:
    raise UsageError("Say which: latentlab data list, or latentlab data info DATA.")
