"""What reaches what: the imports of the house and of its tests, and how far a test is from what was changed."""

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from grimp import ImportGraph, build_graph

PACKAGES = ("app", "tests")


def imports() -> ImportGraph:
    """The import graph, in which a test also imports the fixtures of its folders, as pytest does."""
    graph = build_graph("app", "tests", cache_dir=None)
    for module in sorted(filter(is_test, graph.modules)):
        for fixtures in _fixtures_of(module):
            if fixtures in graph.modules:
                graph.add_import(importer=module, imported=fixtures)
    return graph


def is_test(module: str) -> bool:
    """Whether a module holds tests."""
    return module.rpartition(".")[2].startswith("test_")


def module_of(file: str) -> str | None:
    """The module of a file, by its path from the root; None for what is no module of the house or its tests."""
    path = Path(file)
    if path.suffix != ".py" or path.parts[0] not in PACKAGES:
        return None
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def file_of(module: str) -> str:
    """The file of a test's module."""
    return module.replace(".", "/") + ".py"


def distances(graph: ImportGraph, changed: Iterable[str]) -> dict[str, int]:
    """Every module that imports one of these, with the number of imports between them; they themselves at 0."""
    found = {module: 0 for module in changed if module in graph.modules}
    waiting = deque(found)
    while waiting:
        module = waiting.popleft()
        for importer in sorted(graph.find_modules_that_directly_import(module)):
            if importer not in found:
                found[importer] = found[module] + 1
                waiting.append(importer)
    return found


def _fixtures_of(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join([*parts[:depth], "conftest"]) for depth in range(1, len(parts)))
