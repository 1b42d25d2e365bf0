"""Who may import whom, and what is never written: the rules of ARCHITECTURE.md."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "latentlab"

MODULES = sorted(path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py"))

MAX_LINES = 560
PICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
TORCH_LOADERS = {"torch", "torch.jit", "torch.hub"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

# What each layer may import beside the standard library; a name stands for all below it.
ALLOWED = {
    "core": {
        "latentlab.base",
        "latentlab.engine.jobs",
        "latentlab.core",
        "numpy",
        "msgspec",
        "platformdirs",
    },
    "family": {"latentlab.core", "latentlab.family", "msgspec", "torch"},
    "data": {"latentlab.core", "latentlab.data", "numpy", "PIL", "msgspec"},
    "nn": {
        "latentlab",
        "latentlab.core",
        "latentlab.family",
        "latentlab.nn",
        "numpy",
        "torch",
        "msgspec",
        "safetensors",
        "filelock",
    },
    "state": {
        "latentlab.latent",
        "latentlab.core",
        "latentlab.family",
        "latentlab.state",
        "numpy",
        "PySide6.QtCore",
    },
    "services": {
        "latentlab.base",
        "latentlab.workspace",
        "latentlab.engine.jobs",
        "latentlab.core",
        "latentlab.family",
        "latentlab.data",
        "latentlab.state",
        "latentlab.services",
        "numpy",
        "PySide6.QtCore",
    },
    "services/engine": {
        "latentlab.engine",
        "latentlab.core",
        "latentlab.family",
        "latentlab.data",
        "latentlab.nn",
        "latentlab.services.engine",
        "numpy",
        "torch",
    },
    "ui": {
        "latentlab.engine.jobs",
        "latentlab.features",
        "latentlab.latent",
        "latentlab",
        "latentlab.core",
        "latentlab.family",
        "latentlab.state",
        "latentlab.services",
        "latentlab.ui",
        "numpy",
        "PySide6",
        "superqt",
    },
    "cli": {
        "latentlab.base",
        "latentlab.engine.jobs",
        "latentlab.features",
        "latentlab",
        "latentlab.core",
        "latentlab.family",
        "latentlab.data",
        "latentlab.nn",
        "latentlab.cli",
        "numpy",
        "torch",
        "cyclopts",
        "tqdm",
        "PIL",
        "pyarrow",
    },
    "base": {"latentlab.base", "latentlab.core", "numpy", "pyarrow"},
    "latent": {"latentlab.latent", "numpy"},
    "engine": {"latentlab.core", "latentlab.engine", "latentlab.services.engine", "torch"},
    "widgets": {"latentlab.widgets", "numpy", "PySide6"},
    "workspace": {
        "latentlab.core",
        "latentlab.engine",
        "latentlab.services",
        "latentlab.state",
        "latentlab.workspace",
        "PySide6.QtCore",
    },
    "features": {"latentlab", "numpy", "PySide6", "cyclopts"},
    "": {"latentlab", "PySide6", "torch"},  # __init__, __main__ and app join the layers
}

# Single modules that may import more, and why it stays in one place.
ALSO_ALLOWED = {
    "latentlab/data/parquet.py": {"pyarrow"},
    "latentlab/core/neighbours.py": {"scipy"},  # only where a tree is built
    "latentlab/core/planes/pca_plane.py": {"scipy"},  # only where the plane is wanted
    "latentlab/ui/plots/canvas.py": {"pyqtgraph"},  # untyped: wrapped once
    "latentlab/services/engine/compute_thread.py": {"PySide6.QtCore"},  # the thread itself
    "latentlab/services/settings.py": {"msgspec", "filelock"},  # checked, one window at a time
    "latentlab/services/engine/non_local_means.py": {"skimage"},  # an extra
}

# Outside of the engine only this module of it is known.
ENGINE_FACADE = "latentlab.services.engine.compute_thread"


# Who looks at the time of day, which a jump of the clock changes.
WALL_CLOCK = {
    "latentlab/data/picture_cache.py",  # files have no other times
    "latentlab/nn/process_group.py",  # compared between machines, to name who is silent
}


@dataclass(frozen=True)
class Import:
    module: str
    line: int
    at_start: bool
    """Whether it runs when the module is imported."""


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text("utf-8"), module)


def layer_of(module: str) -> str:
    parts = module.split("/")[1:-1]
    return "services/engine" if parts[:2] == ["services", "engine"] else "/".join(parts[:1])


@cache
def imports_of(module: str) -> tuple[Import, ...]:
    return tuple(_imports(tree_of(module), True))


def _imports(node: ast.AST, at_start: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, at_start)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"relative import in line {child.lineno}"
            assert child.module is not None
            for alias in child.names:
                whole = f"{child.module}.{alias.name}"
                is_module = (ROOT / whole.replace(".", "/")).with_suffix(".py").exists()
                yield Import(whole if is_module else child.module, child.lineno, at_start)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for part in child.body:
                yield from _imports(ast.Module([part], []), False)
            for part in child.orelse:
                yield from _imports(ast.Module([part], []), at_start)
        else:
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _imports(child, at_start and not inside)


def is_within(module: str, allowed: str) -> bool:
    # The bare package holds the version and open_model, which does not open the layers below it.
    return module == allowed or (allowed != "latentlab" and module.startswith(f"{allowed}."))


def test_the_walk_sees_every_kind_of_import(tmp_path: Path) -> None:
    text = """
import torch.nn, os
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import numpy
class A:
    import json
    def f(self):
        from PIL import Image
"""
    found = {(i.module, i.at_start) for i in _imports(ast.parse(text), True)}
    assert found == {
        ("torch.nn", True),
        ("os", True),
        ("typing", True),
        ("numpy", False),
        ("json", True),
        ("PIL", False),
    }


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downwards_only(module: str) -> None:
    layer = layer_of(module)
    assert layer in ALLOWED, f"{layer} is a new layer: say what it may import"
    allowed = ALLOWED[layer] | ALSO_ALLOWED.get(module, set())
    top = layer == ""
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for found in imports_of(module)
        if found.module.split(".")[0] not in sys.stdlib_module_names
        if not any(is_within(found.module, name) for name in allowed)
        if not ((top or layer == "features") and found.module.startswith("latentlab."))
    ]
    assert not wrong


@pytest.mark.parametrize("module", [m for m in MODULES if layer_of(m) in ("ui", "services")])
def test_of_the_engine_only_its_thread_is_known(module: str) -> None:
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for found in imports_of(module)
        if is_within(found.module, "latentlab.services.engine") and found.module != ENGINE_FACADE
    ]
    assert not wrong


def test_the_window_knows_no_engine_at_all() -> None:
    wrong = [
        f"{module}:{found.line}"
        for module in MODULES
        if layer_of(module) == "ui"
        for found in imports_of(module)
        if is_within(found.module, "latentlab.services.engine")
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("latentlab/core/neighbours.py", ("scipy",)),
        ("latentlab/core/planes/pca_plane.py", ("scipy",)),
        ("latentlab/services/engine/compute_thread.py", ("torch", "latentlab.nn")),
        ("latentlab/services/engine/mailbox.py", ("torch", "latentlab.nn")),
        ("latentlab/ui/plots/plot.py", ("pyqtgraph", "latentlab.ui.plots.canvas")),
        ("latentlab/app.py", ("PySide6", "torch", "latentlab.ui", "latentlab.services")),
        ("latentlab/__init__.py", ("torch", "latentlab.nn")),
        ("latentlab/__main__.py", ("latentlab.cli", "latentlab.app")),
        ("latentlab/cli/train.py", ("torch", "latentlab.nn", "tqdm")),
        ("latentlab/cli/doctor.py", ("torch", "latentlab.nn")),
    ],
)
def test_slow_imports_wait_until_they_are_needed(module: str, names: tuple[str, ...]) -> None:
    found = imports_of(module)
    wrong = [i for i in found if i.at_start and any(is_within(i.module, n) for n in names)]
    assert not wrong


@pytest.mark.parametrize("module", [m for m in MODULES if layer_of(m) in ("family", "cli")])
@pytest.mark.parametrize("slow", ["torch", "scipy", "PIL", "pyarrow"])
def test_forms_and_help_wait_for_nothing_slow(module: str, slow: str) -> None:
    wrong = [i for i in imports_of(module) if i.at_start and is_within(i.module, slow)]
    assert not wrong


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_one_idea(module: str) -> None:
    path = Path(module)
    assert path.stem not in VAGUE_NAMES
    assert not any(part in VAGUE_NAMES for part in path.parts)
    assert not any(path.stem.endswith(f"_{name}") for name in VAGUE_NAMES)
    num_lines = (ROOT / module).read_text("utf-8").count("\n")
    assert num_lines <= MAX_LINES, f"{num_lines} lines: {module} is two files"


def forbidden(tree: ast.AST) -> list[str]:
    """What is written in a module that must not be, as ``line: what``."""
    return [f"{node.lineno}: {what}" for node in ast.walk(tree) for what in _wrong_with(node)]  # type: ignore[attr-defined]


def _wrong_with(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names) | ast.ImportFrom(names=names):
            modules = [alias.name for alias in names]
            modules.append(getattr(node, "module", None) or "")
            if PICKLERS & {name.split(".")[0] for name in modules}:
                yield "import of a pickler"
            if "torch" in modules and "load" in modules:
                yield "torch.load"
            if "QSettings" in modules:
                yield "QSettings unpickles what a file tells it to"
        case ast.Attribute(attr="processEvents"):
            yield "processEvents"
        case ast.Attribute(attr="load", value=owner) if ast.unparse(owner) in TORCH_LOADERS:
            yield "torch.load"
        case ast.Call(func=ast.Attribute(attr="connect"), args=args):
            if any(isinstance(part, ast.Lambda) for arg in args for part in ast.walk(arg)):
                yield "a lambda that is connected leaks its receiver"
        case ast.Call(func=ast.Name(id="eval" | "exec" as name)):
            yield name
        case ast.keyword(arg="allow_pickle", value=value):
            if not (isinstance(value, ast.Constant) and value.value is False):
                yield "allow_pickle"


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "torch.load(path)",
        "from torch import load",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=anything)",
        "app.processEvents()",
        "from PySide6.QtCore import QObject, QSettings",
        "button.clicked.connect(lambda: 1)",
        "button.clicked.connect(partial(lambda: 1))",
        "eval(text)",
    ],
)
def test_what_is_forbidden_is_found(text: str) -> None:
    assert forbidden(ast.parse(text))


@pytest.mark.parametrize("module", MODULES)
def test_nothing_forbidden_is_written(module: str) -> None:
    assert forbidden(tree_of(module)) == []


@pytest.mark.parametrize("module", MODULES)
def test_durations_are_taken_from_a_clock_that_never_jumps(module: str) -> None:
    found = [
        node.lineno
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("time.time", "time.time_ns")
    ]
    assert not found or module in WALL_CLOCK


def imported_by(statement: str) -> set[str]:
    """The outermost modules that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {"torch", "PySide6", "scipy", "PIL", "pyqtgraph"}


def test_the_package_and_its_entries_import_neither_torch_nor_qt() -> None:
    names = imported_by("import latentlab, latentlab.__main__, latentlab.app, latentlab.cli.main")
    assert names & HEAVY == set()
    assert "latentlab" in names


def test_the_help_imports_neither_torch_nor_qt() -> None:
    names = imported_by(
        "import latentlab.__main__ as entry\n"
        "assert entry.main(['--help']) == 0\n"
        "assert entry.main(['train', '--help']) == 0"
    )
    assert names & HEAVY == set()
    assert "cyclopts" in names


def test_the_window_can_be_built_without_torch() -> None:
    names = imported_by("import latentlab.services.lab, latentlab.ui.main_window")
    assert "PySide6" in names
    assert names & {"torch", "scipy", "pyqtgraph", "PIL"} == set()


def test_a_module_of_python_runs_the_help() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "latentlab", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "train" in done.stdout
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "cyclopts" in imported
    assert imported & HEAVY == set()


def test_the_top_level_holds_what_it_should() -> None:
    leftovers = {"build", "dist", "__pycache__", "runs", "htmlcov"}
    found = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".")
        if path.name not in leftovers and path.suffix != ".egg-info"
        if not path.name.endswith(".trace.json")
    }
    assert found == {
        "latentlab",
        "resources",
        "tests",
        "benchmarks",
        "main.py",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    }
