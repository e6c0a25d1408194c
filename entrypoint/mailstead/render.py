"""Settings in, files out, nothing touched."""

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import jinja2

from .certs import SERVED
from .settings import Settings
from .tree import Directory, File, Tree

_SUFFIX = ".j2"


def render(settings: Settings, rooms: Sequence[ModuleType]) -> Tree:
    """Return every config file these rooms need, keyed by the path it will have in the container.

    A template's path below its room's templates/ is the path of its file; one that comes out empty makes no file.
    """
    tree: dict[str, File | Directory] = {}
    for room in rooms:
        tree |= getattr(room, "files", lambda _: {})(settings)
        tree |= {path: File(text=text) for path, text in _texts(room, settings) if text.strip()}
    return tree


def compile_templates() -> None:
    """Put the templates of all rooms beside them as Python modules, for an image: to compile them is a third of a start."""
    for place in Path(__file__).parent.glob("services/*/templates"):
        _environment(_sources(place.parent)).compile_templates(_compiled(place.parent), zip=None, ignore_errors=False)


def _texts(room: ModuleType, settings: Settings) -> Iterator[tuple[str, str]]:
    folder = Path(room.__file__ or "").parent
    templates = _templates(folder)
    adjust = getattr(room, "adjust", lambda path, text, settings: text)
    for name in _sources(folder).list_templates():
        text = templates.get_template(name).render(settings=settings, values=room.values(settings), certificate=SERVED)
        path = "/" + name.removesuffix(_SUFFIX)
        yield path, adjust(path, text, settings)


@functools.cache  # a loader of modules that is let go leaves a dead reference in sys.modules
def _templates(folder: Path) -> jinja2.Environment:
    return _environment(jinja2.ChoiceLoader([jinja2.ModuleLoader(_compiled(folder)), _sources(folder)]))


def _sources(folder: Path) -> jinja2.FileSystemLoader:
    return jinja2.FileSystemLoader(folder / "templates")


def _compiled(folder: Path) -> Path:
    return folder / "compiled"


def _environment(loader: jinja2.BaseLoader) -> jinja2.Environment:
    # Not HTML, so nothing is escaped; a name that is not there is an error, not an empty word.
    return jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True, trim_blocks=True, autoescape=False
    )
