"""A feature as one row: what menus, tabs and the command line need to know of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Feature:
    """What a feature adds; places are ``package.module:name`` and imported when they are wanted.

    Attributes
    ----------
    name
        Of its folder.
    title
        What people read.
    panel
        A widget made of a :class:`~latentlab.workspace.workbench.Workbench` and a theme; a tab.
    command
        A function of the command line; its name is the command's.
    summary
        The first line of the command's help.
    """

    name: str
    title: str
    panel: str = ""
    command: str = ""
    summary: str = ""
