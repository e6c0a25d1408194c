"""Settings in, files out, nothing touched."""

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


def _texts(room: ModuleType, settings: Settings) -> Iterator[tuple[str, str]]:
    folder = Path(room.__file__ or "").parent / "templates"
    # Not HTML, so nothing is escaped; a name that is not there is an error, not an empty word.
    loader = jinja2.FileSystemLoader(folder)
    templates = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True, trim_blocks=True, autoescape=False
    )
    adjust = getattr(room, "adjust", lambda path, text, settings: text)
    for name in sorted(loader.list_templates()):
        text = templates.get_template(name).render(settings=settings, values=room.values(settings), certificate=SERVED)
        path = "/" + name.removesuffix(_SUFFIX)
        yield path, adjust(path, text, settings)
