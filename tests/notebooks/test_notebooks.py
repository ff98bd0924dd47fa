"""Notebooks are in Databricks source format, define nothing, write nothing and run from top to bottom."""

import ast
import contextlib
import os
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.town import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.py"))


class Widgets:
    """What the platform's widgets do, as far as the notebooks use them."""

    def __init__(self, **given: str) -> None:
        self.values = given

    def text(self, name: str, default: str) -> None:
        self.values.setdefault(name, default)

    def get(self, name: str) -> str:
        return self.values[name]


class Utilities:
    """A stand-in for ``dbutils``."""

    def __init__(self, **given: str) -> None:
        self.widgets = Widgets(**given)


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda f: f.stem)
def test_a_notebook_is_source_that_defines_and_writes_nothing(notebook: Path) -> None:
    text = notebook.read_text()
    assert text.startswith("# Databricks notebook source\n")
    tree = ast.parse(text)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)]
    assert not [
        n.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and n.attr in {"write", "writeTo", "save", "saveAsTable", "replace", "append"}
    ]


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda f: f.stem)
def test_a_notebook_runs_from_top_to_bottom(town, tallies, notebook: Path) -> None:
    shown = []
    utilities = Utilities(config=str(PROJECT / "conf" / "demo.yml"), root=str(town.folder / "lake"))
    with inside(notebook.parent):
        runpy.run_path(str(notebook), {"spark": town.spark, "dbutils": utilities, "display": lambda frame: shown.append(frame.collect())})
    assert shown
    assert all(shown)
