"""Puts the functions of this package in the place of those of an installed ``reproject``, and takes them out again."""

import dis
import importlib
import sys
import threading
import types
from contextlib import AbstractContextManager

NAMES = ("reproject_adaptive", "reproject_exact", "reproject_interp")
PACKAGE, OURS = "reproject", __package__


def install() -> AbstractContextManager[object]:
    """Put the functions of this package in the place of those of an installed ``reproject``.

    `reproject_interp`, `reproject_adaptive` and `reproject_exact` are replaced wherever a loaded module holds them: in
    ``reproject`` and in those that imported them before, by whatever name, in its tables, as attributes of its classes and
    as defaults of its functions. Modules that import them later get them from ``reproject``, so they get these too. All else
    of ``reproject`` (mosaics, HEALPix, HiPS) stays as it is, and works with these functions. Installing twice is installing
    once; what was loaded in between is looked through again. It holds for this process and those forked from it.

    Returns
    -------
    context : context manager
        At its end the functions are taken out, if it was this call that put them in.

    Raises
    ------
    ImportError
        Without an installed ``reproject``: there is nothing to put them into.

    Examples
    --------
    >>> import reproject, reproject_rs
    >>> with reproject_rs.install():
    ...     reproject.reproject_interp is reproject_rs.reproject_interp
    True
    >>> reproject.reproject_interp is reproject_rs.reproject_interp
    False
    """
    return _Context(_put())


def uninstall() -> None:
    """Give every place back what it held before `install`.

    Modules that took the functions from ``reproject`` in the meantime get those of ``reproject``; of a module that also
    imports this package it is only known for names, so its tables and defaults keep what they hold. What is no longer one
    of this package's functions is left alone. Without `install` nothing happens.
    """
    with _LOCK:
        for place in _TAKEN + _SWAPPED[::-1]:
            place.restore()
        back = {id(ours): (ours, theirs) for ours, theirs in _STANDS_FOR.values()}
        for names in _TAKERS.values():
            if not _knows_us(names, back):
                _swap(names, back)
        for module in _WATCHED:
            module.__class__ = types.ModuleType
        for record in (_TAKEN, _SWAPPED, _WATCHED, _STANDS_FOR, _TAKERS, _SEEN):
            record.clear()


class _Context(AbstractContextManager):
    """Takes the functions out at its end, if it put them in."""

    def __init__(self, first):
        self._first = first

    def __enter__(self):
        self._first = self._first if _SWAPPED else _put()
        return self

    def __exit__(self, *_):
        if self._first:
            uninstall()


class _Place:
    """Where a function of `reproject` stood, and ours stands: a name, an item, an attribute or a default."""

    def __init__(self, holder, key, ours, theirs):
        self.holder, self.key, self.ours, self.theirs = holder, key, ours, theirs

    def restore(self):
        if self.holds(self.ours):
            self.put(self.theirs)

    def holds(self, function):
        try:
            return self.items(self.holder)[self.key] is function
        except (KeyError, IndexError, TypeError):
            return False

    def put(self, function):
        if isinstance(self.holder, type):
            setattr(self.holder, self.key, function)
        elif isinstance(self.holder, types.FunctionType):
            defaults = list(self.holder.__defaults__)
            defaults[self.key] = function
            self.holder.__defaults__ = tuple(defaults)
        else:
            self.holder[self.key] = function

    @staticmethod
    def items(holder):
        if isinstance(holder, type):
            return vars(holder)
        return holder.__defaults__ if isinstance(holder, types.FunctionType) else holder


class _Watched(types.ModuleType):
    """A module of `reproject` that holds our functions: it notes which names of other modules they are taken for."""

    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        if name in NAMES and (pair := _STANDS_FOR.get(id(value))) is not None:
            _note(sys._getframe(1), name, *pair)
        return value

    def __reduce__(self):
        # Picklers know modules by their exact type.
        return importlib.import_module, (self.__name__,)


_LOCK = threading.RLock()
_SWAPPED, _TAKEN, _WATCHED = [], [], []
_STANDS_FOR, _TAKERS, _SEEN = {}, {}, set()


def _put():
    """Puts the functions in, where they are not in yet; tells whether none was."""
    ours = {name: getattr(sys.modules[OURS], name) for name in NAMES}
    try:
        importlib.import_module(PACKAGE)
    except ModuleNotFoundError as error:
        if error.name != PACKAGE:
            raise
        raise ImportError(
            "reproject_rs.install() puts functions into an installed `reproject`, and there is none: pip install reproject, "
            "or import reproject_rs in its place"
        ) from error
    with _LOCK:
        first = not _SWAPPED
        modules = {name: _names(module) for name, module in list(sys.modules.items())}
        own = [(name, names.get(name)) for module, names in modules.items() if _within(module, PACKAGE) for name in NAMES]
        swap = {id(theirs): (theirs, mine) for mine, theirs in _STANDS_FOR.values()}
        swap |= {id(found): (found, ours[name]) for name, found in own if _is_upstreams(found)}
        _STANDS_FOR.update({id(mine): (mine, theirs) for theirs, mine in swap.values()})
        for module, names in modules.items():
            if not _within(module, OURS):
                _swap(names, swap)
        for name, names in modules.items():
            if _within(name, PACKAGE) and any(names.get(n) is ours[n] for n in NAMES):
                _watch(sys.modules[name])
        return first


def _is_upstreams(function):
    return type(function) is types.FunctionType and _within(function.__module__ or "", PACKAGE)


def _within(module, package):
    return module == package or module.startswith(f"{package}.")


def _knows_us(names, ours):
    """Whether a module has names from this package."""
    return any(
        id(value) in ours or type(value) is types.ModuleType and _within(value.__name__, OURS) for value in list(names.values())
    )


def _names(module):
    """The names of a module; a lazy one is not woken."""
    try:
        names = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return {}
    return names if isinstance(names, dict) else {}


def _swap(names, swap):
    """Replaces functions in a module."""
    for key, value in list(names.items()):
        _renew(names, key, value, swap)
        # Types are asked, not the values: a proxy may answer for what it stands for, and wake it.
        if type(value) in (dict, list) and key != "__builtins__":
            for k, item in list(value.items() if type(value) is dict else enumerate(value)):
                _renew(value, k, item, swap)
        elif issubclass(type(value), type) and value.__module__ == names.get("__name__"):
            for k, item in list(vars(value).items()):
                _renew(value, k, item, swap)
                _renew_defaults(item, swap)
        else:
            _renew_defaults(value, swap)


def _renew_defaults(function, swap):
    if type(function) is types.FunctionType:
        for k, item in enumerate(function.__defaults__ or ()):
            _renew(function, k, item, swap)
        for k, item in (function.__kwdefaults__ or {}).items():
            _renew(function.__kwdefaults__, k, item, swap)


def _renew(holder, key, value, swap):
    theirs, ours = swap.get(id(value), (None, None))
    if ours is not None:
        _SWAPPED.append(_Place(holder, key, ours, theirs))
        _SWAPPED[-1].put(ours)


def _watch(module):
    if type(module) is types.ModuleType:
        _WATCHED.append(module)
        module.__class__ = _Watched


def _note(frame, name, ours, theirs):
    """Notes the module that takes a function, and the name that it gives it in an import or an assignment."""
    _TAKERS.setdefault(id(frame.f_globals), frame.f_globals)
    site = (frame.f_code, frame.f_lasti, id(frame.f_globals), name)
    if frame.f_code.co_name != "<module>" or site in _SEEN:
        return
    _SEEN.add(site)
    following = [i for i in dis.get_instructions(frame.f_code) if i.offset >= frame.f_lasti][:2]
    if any(i.opname.startswith("STORE_") for i in following[1:]):
        name = following[1].argval
    elif following[0].opname not in ("IMPORT_STAR", "CALL_INTRINSIC_1"):
        return
    _TAKEN.append(_Place(frame.f_globals, name, ours, theirs))
    if _within(taker := frame.f_globals.get("__name__", ""), PACKAGE) and taker in sys.modules:
        _watch(sys.modules[taker])
