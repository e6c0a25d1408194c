"""Compile our templates, our programs and what they import, and nothing else of Python's: Debian compiles every module of every
package, which makes as much again of what nothing reads.

Run in an image, as root, when everything is in it. A module that is missed still works, and starts more slowly each time: nothing
can be written there later (tests/stack/test_what_is_in_it.py sees it).
"""

import ast
import contextlib
import importlib
import pkgutil
import py_compile
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import mailstead
from mailstead.render import compile_templates

OURS = Path(mailstead.__file__).parent
BY_NAME = (
    "alembic.command",
    "concurrent.futures.thread",
    "cryptography.hazmat.backends.openssl.backend",
    "dns.rdtypes",
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.unicode_escape",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
)
"""What others' modules import while they run, by a name made up of something else."""


def compile_all() -> None:
    """Compile ours for good, since their times are those of a checkout; Debian's until they change."""
    for file in sorted(OURS.rglob("*.py")):
        py_compile.compile(str(file), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    for file in sorted(imported()):
        if OURS not in file.parents:
            py_compile.compile(str(file), doraise=True)


def imported() -> set[Path]:
    """Return the files of what our modules import, at their top or later, as far as it is in this image."""
    files: set[Path] = set()
    # The keeper comes late: it keeps some modules from being imported, without which supervisor's others are.
    for name in [*sorted({*BY_NAME, *named()}), "mailstead.keeper", "supervisor.process"]:
        with contextlib.suppress(ImportError):
            import_whole(importlib.import_module(name))
        files |= {Path(module.__file__) for module in sys.modules.values() if getattr(module, "__file__", None)}
    return {file for file in files if file.suffix == ".py" and file != Path(__file__)}


def named() -> Iterator[str]:
    """Yield the names of others' modules in the import statements of ours."""
    for file in OURS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (one.name for one in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                yield node.module
                yield from (f"{node.module}.{one.name}" for one in node.names)


def import_whole(package: ModuleType) -> None:
    """Import what is in a package of BY_NAME."""
    if package.__name__ in BY_NAME and hasattr(package, "__path__"):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


if __name__ == "__main__":
    compile_templates()
    compile_all()
