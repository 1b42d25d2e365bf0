"""Who may import whom, and what is never written: the rules of ARCHITECTURE.md.

Each test is one rule, held by every module; it fails with all places where it is broken.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "latentlab"

MODULES = sorted(path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py"))

MAX_LINES = 560
PICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
TORCH_LOADERS = {"torch", "torch.jit", "torch.hub"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


class Room(NamedTuple):
    """A folder of the package: the rooms below it, and what it may use beside Python's library."""

    below: str
    packages: str = ""


# From the ground up. A module may import its own room and those named; ``top`` is the version and
# ``open_model`` in ``latentlab/__init__.py``, which open no room before they are asked for.
ROOMS = {
    "base": Room("", "platformdirs"),
    "images": Room("base", "numpy msgspec"),
    "latent": Room("base images", "numpy"),
    "data": Room("base images", "numpy PIL msgspec"),
    "models": Room("base images latent", "numpy torch msgspec safetensors"),
    "training": Room("top base images latent models", "numpy torch msgspec safetensors filelock"),
    "engine": Room("base images latent data models training", "numpy torch"),
    "workspace": Room("base images latent data models engine", "numpy PySide6.QtCore"),
    "widgets": Room("base images latent", "numpy PySide6"),
    "map": Room("base images latent workspace widgets", "numpy PySide6"),
    "features": Room(
        "base images latent data models training engine workspace widgets map",
        "numpy torch PySide6",
    ),
    "window": Room(
        "top base images latent models engine workspace widgets map features", "PySide6"
    ),
    "cli": Room(
        "top base images latent data models training engine", "numpy torch cyclopts tqdm PIL"
    ),
    "top": Room(
        "base images latent data models training engine workspace widgets map features window cli",
        "torch PySide6",
    ),
}

# What single modules use beside that, and why it stays there.
ALSO_ALLOWED = {
    "latentlab/latent/neighbours.py": "scipy",  # only where a tree is built
    "latentlab/latent/planes/pca_plane.py": "scipy",  # only where the plane is wanted
    "latentlab/data/pictures/parquet.py": "pyarrow",  # an extra
    "latentlab/cli/code_file.py": "pyarrow",  # an extra
    "latentlab/engine/compute_thread.py": "PySide6.QtCore",  # the thread itself
    "latentlab/workspace/settings.py": "msgspec filelock",  # checked, one window at a time
    "latentlab/images/table_file.py": "pyarrow",  # an extra
    "latentlab/widgets/plots/canvas.py": "pyqtgraph",  # untyped: wrapped once
    "latentlab/features/noise_lab/non_local_means.py": "skimage",  # an extra
}

# These join what all features have and look upwards for it: the kinds of work, the stores and
# controllers, the commands.
JOINS = {
    "latentlab/cli/commands.py",
    "latentlab/engine/engine.py",
    "latentlab/engine/schedule.py",
    "latentlab/workspace/lab.py",
    "latentlab/workspace/studies.py",
}

# One feature needs another only for a reason.
FEATURES_OF_OTHERS = {
    ("explore", "grid"): "one decoder serves the cursor and the cells of the grid",
    ("explore", "query_image"): "the tab of the selection shows the query image as well",
    ("importing", "training"): "the settings for what is imported are proposed beside it",
    ("noise_lab", "training"): "a denoiser is trained from here",
    ("noise_map", "noise_lab"): "the map shows what the lab has chosen",
}

# Files of a feature are called after their part, and a part says what it may load.
NO_QT = {"__init__", "messages", "measure", "table", "work", "job", "command"}
NO_TORCH_AT_START = {
    "__init__",
    "messages",
    "measure",
    "table",
    "command",
    "store",
    "controller",
    "panel",
}
QT_CORE_ONLY = {"store", "controller"}

# What the window may know of the engine.
ENGINE_FACE = {
    "compute_thread",
    "jobs",
    "messages",
    "cursor_messages",
    "training_messages",
    "failure",
}
# What widgets may know of the readers of data: words, not files.
DATA_FACE = {"latentlab.data.pictures.import_messages"}

# Who may know Qt and load torch in its functions: the thread that torch has for itself, and the
# entry, which on some systems must load it before Qt.
BOTH = {"latentlab/engine/compute_thread.py", "latentlab/app.py"}

# Who looks at the time of day, which a jump of the clock changes.
WALL_CLOCK = {
    "latentlab/data/pictures/picture_cache.py",  # files have no other times
    "latentlab/training/process_group.py",  # compared between machines, to name who is silent
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


def room_of(module: str) -> str:
    parts = module.split("/")[1:-1]
    return parts[0] if parts else "top"


def feature_of(module: str) -> str:
    parts = module.split("/")
    return parts[2] if parts[1] == "features" and len(parts) > 3 else ""


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
                yield Import(whole if file_of(whole) else child.module, child.lineno, at_start)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for part in child.body:
                yield from _imports(ast.Module([part], []), False)
            for part in child.orelse:
                yield from _imports(ast.Module([part], []), at_start)
        else:
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _imports(child, at_start and not inside)


@cache
def file_of(name: str) -> str:
    """The path of a module of this package by its dotted name, empty for any other."""
    if name.split(".", maxsplit=1)[0] != "latentlab":
        return ""
    path = name.replace(".", "/")
    return next((p for p in (f"{path}.py", f"{path}/__init__.py") if p in set(MODULES)), "")


@cache
def loads(module: str) -> frozenset[str]:
    """The packages from outside that importing a module loads, by itself or through others."""
    seen, waiting, found = set[str](), [module], set[str]()
    while waiting:
        now = waiting.pop()
        if now in seen:
            continue
        seen.add(now)
        folders = now.split("/")[1:-1]
        waiting += [
            f"latentlab/{'/'.join(folders[: i + 1])}/__init__.py" for i in range(len(folders))
        ]
        for found_import in imports_of(now):
            if not found_import.at_start:
                continue
            inside = file_of(found_import.module)
            if inside:
                waiting.append(inside)
            else:
                found.add(found_import.module.split(".")[0])
    return frozenset(found)


def is_within(module: str, allowed: str) -> bool:
    return module == allowed or module.startswith(f"{allowed}.")


def is_one_of(module: str, allowed: Iterable[str]) -> bool:
    return any(is_within(module, name) for name in allowed)


def has_part(module: str, parts: set[str]) -> bool:
    return bool(feature_of(module)) and Path(module).stem in parts


def shows(module: str) -> bool:
    """Whether a module paints or makes widgets."""
    drawn = ("PySide6.QtGui", "PySide6.QtWidgets")
    return any(is_one_of(found.module, drawn) for found in imports_of(module))


def test_the_walk_sees_every_kind_of_import() -> None:
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


def test_what_is_loaded_follows_from_what_is_imported() -> None:
    assert "torch" in loads("latentlab/engine/engine.py")
    assert "PySide6" in loads("latentlab/workspace/lab.py")
    assert "torch" not in loads("latentlab/workspace/lab.py")


def test_every_module_is_in_a_room() -> None:
    assert {room_of(module) for module in MODULES} == set(ROOMS)


def test_rooms_point_downwards_only() -> None:
    above = list(ROOMS)
    for room, rule in ROOMS.items():
        assert set(rule.below.split()) - {"top"} <= set(above[: above.index(room)])
    wrong = []
    for module in MODULES:
        room = room_of(module)
        allowed = {room, *ROOMS[room].below.split()}
        if module in JOINS:
            allowed.add("features")
        if has_part(module, {"command"}):
            allowed.add("cli")
        for found in imports_of(module):
            inside = file_of(found.module)
            if inside and room_of(inside) not in allowed:
                wrong.append(f"{module}:{found.line} imports {found.module}")
    assert not wrong


def test_only_the_window_knows_who_joins_the_features() -> None:
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module in MODULES
        for found in imports_of(module)
        if (inside := file_of(found.module)) in JOINS
        if room_of(module) not in {"window", "top", room_of(inside)}
    ]
    assert not wrong


def test_each_room_uses_its_packages_only() -> None:
    wrong = []
    for module in MODULES:
        allowed = set(ROOMS[room_of(module)].packages.split())
        allowed |= set(ALSO_ALLOWED.get(module, "").split())
        if has_part(module, {"command"}):
            allowed.add("cyclopts")
        for found in imports_of(module):
            top = found.module.split(".")[0]
            if top in sys.stdlib_module_names or top == "latentlab":
                continue
            if not is_one_of(found.module, allowed):
                wrong.append(f"{module}:{found.line} imports {found.module}")
    assert not wrong


def test_a_feature_needs_another_for_a_reason_only() -> None:
    found = {
        (feature_of(module), feature_of(inside)): f"{module}:{import_.line}"
        for module in MODULES
        if feature_of(module)
        for import_ in imports_of(module)
        if (inside := file_of(import_.module)) and feature_of(inside)
        if feature_of(inside) != feature_of(module)
    }
    assert {pair: found[pair] for pair in set(found) - set(FEATURES_OF_OTHERS)} == {}
    assert set(FEATURES_OF_OTHERS) - set(found) == set(), "no longer needed"


def test_no_file_knows_both_qt_and_torch() -> None:
    wrong = []
    for module in MODULES:
        packages = loads(module)
        if {"PySide6", "torch"} <= packages:
            wrong.append(f"{module} loads both")
        if module in BOTH:
            continue
        for found in imports_of(module):
            inside = file_of(found.module)
            more = loads(inside) if inside else {found.module.split(".")[0]}
            for one, other in (("PySide6", "torch"), ("torch", "PySide6")):
                if one in packages and other in more:
                    wrong.append(f"{module}:{found.line} knows {one} and loads {other}")
    assert not wrong


def test_parts_of_a_feature_load_what_they_are_for() -> None:
    wrong = []
    for module in MODULES:
        packages = loads(module)
        if has_part(module, NO_QT) and "PySide6" in packages:
            wrong.append(f"{module} loads Qt")
        if has_part(module, NO_TORCH_AT_START) and "torch" in packages:
            wrong.append(f"{module} loads torch")
        if has_part(module, QT_CORE_ONLY) and shows(module):
            wrong.append(f"{module} paints")
    assert not wrong


def test_widgets_know_neither_training_nor_readers_of_data() -> None:
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module in MODULES
        if shows(module) and room_of(module) != "top"
        for found in imports_of(module)
        if is_one_of(found.module, ("latentlab.training", "latentlab.data"))
        if found.module not in DATA_FACE
    ]
    assert not wrong


def test_of_the_engine_the_window_knows_messages_and_the_thread() -> None:
    face = {f"latentlab.engine.{name}" for name in ENGINE_FACE}
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module in MODULES
        if room_of(module) != "engine" and "PySide6" in loads(module)
        for found in imports_of(module)
        if is_within(found.module, "latentlab.engine") and found.module not in face
    ]
    assert not wrong


# Where a slow package or room waits although its module is imported early.
WAITING = {
    "latentlab/latent/neighbours.py": ("scipy",),
    "latentlab/latent/planes/pca_plane.py": ("scipy",),
    "latentlab/engine/compute_thread.py": ("torch", "latentlab.models", "latentlab.training"),
    "latentlab/engine/mailbox.py": ("torch", "latentlab.training"),
    "latentlab/images/table_file.py": ("pyarrow",),
    "latentlab/widgets/plots/plot.py": ("pyqtgraph", "latentlab.widgets.plots.canvas"),
    "latentlab/app.py": ("PySide6", "torch", "latentlab.window", "latentlab.workspace"),
    "latentlab/__init__.py": ("torch", "latentlab.models"),
    "latentlab/__main__.py": ("latentlab.cli.main", "latentlab.app"),
    "latentlab/cli/train.py": ("torch", "latentlab.training", "tqdm"),
    "latentlab/cli/doctor.py": ("torch", "latentlab.models"),
}


def test_slow_imports_wait_until_they_are_needed() -> None:
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module, names in WAITING.items()
        for found in imports_of(module)
        if found.at_start and is_one_of(found.module, names)
    ]
    assert not wrong


def test_forms_and_help_wait_for_nothing_slow() -> None:
    wrong = [
        f"{module} loads {slow}"
        for module in MODULES
        if module.startswith(("latentlab/models/family/", "latentlab/cli/"))
        or has_part(module, {"command"})
        if module != "latentlab/cli/picture_file.py"  # loaded with the first picture
        for slow in ("torch", "scipy", "PIL", "pyarrow", "PySide6")
        if slow in loads(module)
    ]
    assert not wrong


def test_a_module_has_one_idea() -> None:
    wrong = []
    for module in MODULES:
        path = Path(module)
        if {path.stem, *path.parts} & VAGUE_NAMES or path.stem.rsplit("_", 1)[-1] in VAGUE_NAMES:
            wrong.append(f"{module}: its name says nothing")
        num_lines = (ROOT / module).read_text("utf-8").count("\n")
        if num_lines > MAX_LINES:
            wrong.append(f"{module}: {num_lines} lines are two files")
    assert not wrong


# Names that mean the same in each feature; any other name is given once.
PARTS = NO_QT | NO_TORCH_AT_START | {"dialog"}


def test_no_two_files_of_one_name_mean_different_things() -> None:
    places: dict[str, list[str]] = {}
    for module in MODULES:
        if Path(module).stem not in PARTS:
            places.setdefault(Path(module).stem, []).append(module)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_a_model_is_a_network() -> None:
    wrong = [
        f"{module}:{node.lineno} {node.name}"
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Model")
        if not node.name.endswith("ItemModel")  # Qt's word for rows and columns
        if room_of(module) not in {"models", "engine"}
    ]
    assert not wrong


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


def test_nothing_forbidden_is_written() -> None:
    found = [f"{module}:{what}" for module in MODULES for what in forbidden(tree_of(module))]
    assert not found


def test_durations_are_taken_from_a_clock_that_never_jumps() -> None:
    found = {
        module
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("time.time", "time.time_ns")
    }
    assert found <= WALL_CLOCK


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
    names = imported_by("import latentlab.workspace.lab, latentlab.window.main_window")
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
