"""What works beside the window leaves the window's objects alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.structure.test_house_rules import FUNCTIONS, MODULES, ROOT, tree

pytestmark = pytest.mark.xdist_group("house rules")
OF_QT = frozenset({"parent", "setParent", "sender", "children", "findChild", "deleteLater", "blockSignals"})
"""Of every object of Qt; its thread may be deleting it."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Beside:
    """Of one class: what of it runs on other threads, as far as it says so itself."""

    def __init__(self, of: ast.ClassDef) -> None:
        self._methods = {node.name: node for node in of.body if isinstance(node, FUNCTIONS)}
        self._signals = {name.id for node in of.body if isinstance(node, ast.Assign) and "pyqtSignal" in ast.dump(node)
                         for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        self._reached: dict[int, ast.AST] = {}

    def touched(self) -> Iterator[tuple[int, str]]:
        """Line and name of what of Qt is touched there."""
        for method in self._methods.values():
            for call in (node for node in ast.walk(method) if isinstance(node, ast.Call)):
                for work in _works(call):
                    self._begin(work, method)
        for node in self._reached.values():
            for inner in ast.walk(node):
                if (name := _of_self(inner)) is not None and name in self._signals | OF_QT:
                    yield getattr(inner, "lineno", 0), name

    def _begin(self, work: ast.expr, method: Function) -> None:
        match work:
            case ast.Lambda():
                self._reach(work)
            case ast.Call(func=ast.Name(id="partial"), args=[called, *given]):
                self._begin(called, method)
                for one in given:
                    self._reach_method(_of_self(one))
            case ast.Name(id=name):
                self._begin_named(name, method)
            case _:
                self._reach_method(_of_self(work))

    def _begin_named(self, name: str, method: Function) -> None:
        """A function in the method, or what the method is called with."""
        for node in ast.walk(method):
            match node:
                case ast.FunctionDef(name=inner) if inner == name:
                    self._reach(node)
                case ast.Assign(targets=[ast.Name(id=inner)], value=value) if inner == name:
                    self._begin(value, method)
        given = [one.arg for one in method.args.args[1:]]
        if name in given:
            for caller in self._methods.values():
                for call in ast.walk(caller):
                    if isinstance(call, ast.Call) and _of_self(call.func) == method.name and caller is not method:
                        self._begin(_given(call, given.index(name), name), caller)

    def _reach_method(self, name: str | None) -> None:
        if name is not None and name in self._methods:
            self._reach(self._methods[name])

    def _reach(self, node: ast.AST) -> None:
        if id(node) not in self._reached:
            self._reached[id(node)] = node
            for inner in ast.walk(node):
                self._reach_method(_of_self(inner))


def _works(call: ast.Call) -> Iterator[ast.expr]:
    """What a call lets run on another thread."""
    match call:
        case ast.Call(func=ast.Name(id="Query" | "Command"), args=[_, work, *_]):
            yield work
        case ast.Call(func=ast.Attribute(attr="Thread"), keywords=keywords):
            yield from (one.value for one in keywords if one.arg == "target")
        case ast.Call(func=ast.Attribute(attr="submit"), args=[work, *_]):
            yield work


def _given(call: ast.Call, place: int, name: str) -> ast.expr:
    named = [one.value for one in call.keywords if one.arg == name]
    return named[0] if named else call.args[place] if place < len(call.args) else ast.Constant(None)


def _of_self(node: ast.AST) -> str | None:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name
    return None


def all_touched(module: ast.Module) -> list[tuple[int, str]]:
    """In all classes of a module."""
    classes = (node for node in ast.walk(module) if isinstance(node, ast.ClassDef))
    return sorted(found for one in classes for found in Beside(one).touched())


def test_work_on_another_thread_asks_no_object_for_its_signal() -> None:
    """A deleted one throws. What it has to say goes through an emitter that was made on the UI thread before."""
    broken = [f"{file.relative_to(ROOT)}:{line} touches self.{name} on another thread"
              for file in MODULES if file.is_relative_to(ROOT / "workstation")
              for line, name in all_touched(tree(file))]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("way", [
    "background.run(Query('x', self._work, done))",
    "background.run(Query('x', lambda: self._work(), done))",
    "background.run(Command('x', partial(self._work, 1), done))",
    "threading.Thread(target=self._work).start()",
    "pool.submit(self._work)",
    "self._run('x', self._work)",
    "work = self._work\n        self._run('x', work)",
])
def test_the_rule_sees_every_way_to_another_thread(way: str) -> None:
    module = ast.parse(f"""
class Model(QObject):
    done, other = pyqtSignal(), pyqtSignal(int)
    def begin(self):
        self.done.emit()
        {way}
    def _run(self, name, work):
        background.run(Query(name, work, self._end))
    def _work(self):
        self._tell()
    def _tell(self):
        self.other.emit(3)
    def _end(self, _):
        self.done.emit()
""")
    assert [name for _, name in all_touched(module)] == ["other"]
