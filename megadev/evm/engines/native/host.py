"""wasmtime, as far as the tier needs it: compile a module, keep it, instantiate it, call a function.

Why not the ``wasmtime`` package: importing it takes 40 to 70 ms, nearly all of it for declaring what is never used, and
a call through it 10 µs. This uses the same shared library from the same wheel through wasmtime's documented C API; a
call takes 1.5 µs. ``load`` makes sure that the library behaves as expected before anybody relies on it.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import platform
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

_LIBRARIES: Final = {"linux": "_libwasmtime.so", "win32": "_wasmtime.dll", "darwin": "_libwasmtime.dylib"}
_MACHINES: Final = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}
_EXTERN_FUNCTION, _EXTERN_TABLE, _EXTERN_MEMORY = 0, 2, 3
_FUNCTION_REFERENCE = 5
_SPEED = 1


class HostUnavailable(Exception):
    """wasmtime cannot be used, with the reason."""


class WasmFault(Exception):
    """wasmtime refused a module, or code trapped."""


class _Bytes(ctypes.Structure):
    _fields_ = (("size", ctypes.c_size_t), ("data", ctypes.POINTER(ctypes.c_ubyte)))


class _Function(ctypes.Structure):
    _fields_ = (("store", ctypes.c_uint64), ("private", ctypes.c_void_p))


class _Indexed(ctypes.Structure):
    """A memory or a table."""

    _fields_ = (("store", ctypes.c_uint64), ("private", ctypes.c_uint32 * 4))


class _Item(ctypes.Union):
    _fields_ = (("function", _Function), ("indexed", _Indexed))


class _Extern(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_uint8), ("of", _Item))


class _Value(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_uint8), ("of", _Item))


class _Instance(ctypes.Structure):
    _fields_ = (("store", ctypes.c_uint64), ("private", ctypes.c_size_t))


def _library() -> Path:
    machine = _MACHINES.get(platform.machine().lower())
    name = _LIBRARIES.get(sys.platform)
    spec = find_spec("wasmtime")
    if machine is None or name is None:
        raise HostUnavailable(f"wasmtime has no wheel for {sys.platform} on {platform.machine()}")
    if spec is None or spec.origin is None:
        raise HostUnavailable("the package wasmtime is not installed")
    return Path(spec.origin).parent / f"{sys.platform}-{machine}" / name


def handle_faults_first() -> None:
    """To be called before wasmtime is used: its signal handlers, which turn what traps into an exception, must come
    before ``faulthandler``'s, which would end the process; and whoever enables that later finds it enabled.

    Why not wasmtime's own checks in place of signals: code that computes takes up to twice as long with them.
    """
    if not faulthandler.is_enabled():
        try:
            assert sys.__stderr__ is not None
            faulthandler.enable(sys.__stderr__)
        except (AssertionError, OSError, RuntimeError, ValueError):  # there is none, or it is no file
            faulthandler.enable(os.open(os.devnull, os.O_WRONLY))


class Library:
    """The shared library and its engine (wasmtime's word for a compiler with its settings)."""

    def __init__(self) -> None:
        try:
            self.version = version("wasmtime")
            self.dll: Any = ctypes.CDLL(str(_library()))
            holding: Any = ctypes.PyDLL(str(_library()))
        except (OSError, PackageNotFoundError) as error:
            raise HostUnavailable(f"wasmtime cannot be loaded: {error}") from error
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        out = ctypes.POINTER(pointer)

        def declare(name: str, result: Any, *arguments: Any, dll: Any = self.dll) -> Any:
            try:
                function = getattr(dll, name)
            except AttributeError as error:
                raise HostUnavailable(f"wasmtime {self.version} has no {name}") from error
            function.restype, function.argtypes = result, arguments
            return function

        handle_faults_first()
        config = declare("wasm_config_new", pointer)()
        declare("wasmtime_config_wasm_wide_arithmetic_set", None, pointer, ctypes.c_bool)(config, True)
        declare("wasmtime_config_cranelift_opt_level_set", None, pointer, ctypes.c_uint8)(config, _SPEED)
        self.engine = declare("wasm_engine_new_with_config", pointer, pointer)(config)
        if not self.engine:
            raise HostUnavailable("wasmtime refuses these settings on this machine")
        self.new_module = declare("wasmtime_module_new", pointer, pointer, ctypes.c_char_p, size, out)
        self.serialize = declare("wasmtime_module_serialize", pointer, pointer, ctypes.POINTER(_Bytes))
        self.deserialize = declare("wasmtime_module_deserialize", pointer, pointer, ctypes.c_char_p, size, out)
        self.delete_module = declare("wasmtime_module_delete", None, pointer)
        self.delete_bytes = declare("wasm_byte_vec_delete", None, ctypes.POINTER(_Bytes))
        self.new_store = declare("wasmtime_store_new", pointer, pointer, pointer, pointer)
        self.context_of = declare("wasmtime_store_context", pointer, pointer)
        self.delete_store = declare("wasmtime_store_delete", None, pointer)
        instance = ctypes.POINTER(_Instance)
        extern = ctypes.POINTER(_Extern)
        self.new_instance = declare("wasmtime_instance_new", pointer, pointer, pointer, extern, size, instance, out)
        self.export = declare(
            "wasmtime_instance_export_get", ctypes.c_bool, pointer, instance, ctypes.c_char_p, size, extern
        )
        self.memory_data = declare("wasmtime_memory_data", pointer, pointer, ctypes.POINTER(_Indexed))
        self.memory_size = declare("wasmtime_memory_data_size", size, pointer, ctypes.POINTER(_Indexed))
        value, wide = ctypes.POINTER(_Value), ctypes.c_uint64
        self.grow_table = declare(
            "wasmtime_table_grow", pointer, pointer, ctypes.POINTER(_Indexed), wide, value, ctypes.POINTER(wide)
        )
        self.set_table = declare("wasmtime_table_set", pointer, pointer, ctypes.POINTER(_Indexed), wide, value)
        call = (pointer, pointer, ctypes.POINTER(_Function), pointer, size, out)
        self.call = declare("wasmtime_func_call_unchecked", *call)
        self.call_holding = declare("wasmtime_func_call_unchecked", *call, dll=holding)
        """The same without releasing Python's lock: for what takes microseconds."""
        self._error_message = declare("wasmtime_error_message", None, pointer, ctypes.POINTER(_Bytes))
        self._trap_message = declare("wasm_trap_message", None, pointer, ctypes.POINTER(_Bytes))
        self._delete_error = declare("wasmtime_error_delete", None, pointer)
        self._delete_trap = declare("wasm_trap_delete", None, pointer)

    def raise_fault(self, error: int | None, trap: int | None = None) -> None:
        """Raise WasmFault, with wasmtime's words, if either is there."""
        if not error and not trap:
            return
        message = _Bytes()
        if error:
            self._error_message(error, ctypes.byref(message))
            self._delete_error(error)
        else:
            self._trap_message(trap, ctypes.byref(message))
            self._delete_trap(trap)
        text = ctypes.string_at(message.data, message.size).rstrip(b"\0").decode(errors="replace").strip()
        self.delete_bytes(ctypes.byref(message))
        raise WasmFault(text.split("\n")[-1].strip() or "wasm code trapped")

    def compile(self, wasm: bytes) -> Module:
        """Translate a module; takes milliseconds, during which Python's lock is free. Raises WasmFault."""
        made = ctypes.c_void_p()
        self.raise_fault(self.new_module(self.engine, wasm, len(wasm), ctypes.byref(made)))
        return Module(self, made)

    def restore(self, kept: bytes) -> Module:
        """A module that ``Module.kept`` gave, made by this version for this machine. Raises WasmFault if not so."""
        made = ctypes.c_void_p()
        self.raise_fault(self.deserialize(self.engine, kept, len(kept), ctypes.byref(made)))
        return Module(self, made)


@cache
def load() -> Library:
    """The library, once. Raises HostUnavailable."""
    library = Library()
    probe = bytes.fromhex("0061736d0100000001070160027e7e017e030201000707010361646400000a09010700200020017c0b")
    # one exported function that adds: called as everything will be
    try:
        store = Store(library)
        instance = store.instantiate(library.compile(probe), ())
        function = store.function(instance, "add", 2)
        function.arguments[0], function.arguments[2] = 40, 2
        function()
        if function.arguments[0] != 42:
            raise HostUnavailable("wasmtime does not compute as expected")
    except WasmFault as error:
        raise HostUnavailable(f"wasmtime does not work on this machine: {error}") from error
    return library


class Module:
    """Compiled code, bound to no store; any thread may instantiate it."""

    def __init__(self, library: Library, pointer: ctypes.c_void_p) -> None:
        self.library = library
        self.pointer = pointer

    def kept(self) -> bytes:
        """Returns the argument of ``Library.restore``."""
        found = _Bytes()
        self.library.raise_fault(self.library.serialize(self.pointer, ctypes.byref(found)))
        data = ctypes.string_at(found.data, found.size)
        self.library.delete_bytes(ctypes.byref(found))
        return data

    def __del__(self) -> None:
        self.library.delete_module(self.pointer)


class Function:
    """An exported function ready to be called: ``arguments`` are its parameters, every second 64-bit word, and
    afterwards the first is its result."""

    __slots__ = ("_context", "_function", "_library", "_raw", "_size", "_trap", "arguments", "held")

    def __init__(self, library: Library, context: int, function: _Function, slots: int) -> None:
        self._library = library
        self._context = context
        self._function = ctypes.pointer(function)
        self._raw = (ctypes.c_int64 * (2 * max(slots, 1)))()
        self._size = max(slots, 1)
        self._trap = ctypes.c_void_p()
        self.arguments = self._raw

        call, raw, trap, context_, size = library.call_holding, self._raw, self._trap, context, self._size
        pointer, at = self._function, ctypes.pointer(self._trap)

        def held() -> int:
            error = call(context_, pointer, raw, size, at)
            if error or trap.value:
                self._fail(error)
            return raw[0]

        self.held: Callable[[], int] = held
        """Call it and keep Python's lock."""

    def _fail(self, error: int | None) -> None:
        trap, self._trap.value = self._trap.value, None
        self._library.raise_fault(error, trap)

    def __call__(self) -> int:
        error = self._library.call(self._context, self._function, self._raw, self._size, ctypes.pointer(self._trap))
        if error or self._trap.value:
            self._fail(error)
        return self._raw[0]


class Store:
    """Instances that live and die together. One thread at a time may use it."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._store = library.new_store(library.engine, None, None)
        self.context = library.context_of(self._store)
        self._modules: list[Module] = []

    def instantiate(self, module: Module, imports: tuple[_Extern, ...]) -> _Instance:
        """An instance of ``module`` with its imports in their order. Raises WasmFault."""
        instance, trap = _Instance(), ctypes.c_void_p()
        given = (_Extern * max(len(imports), 1))(*imports)
        error = self.library.new_instance(
            self.context, module.pointer, given, len(imports), ctypes.byref(instance), ctypes.byref(trap)
        )
        self.library.raise_fault(error, trap.value)
        self._modules.append(module)
        return instance

    def exported(self, instance: _Instance, name: str) -> _Extern:
        """The export ``name`` of an instance. Raises WasmFault if it does not exist."""
        found, wanted = _Extern(), name.encode()
        if not self.library.export(self.context, ctypes.byref(instance), wanted, len(wanted), ctypes.byref(found)):
            raise WasmFault(f"there is no export {name}")
        return found

    def function(self, instance: _Instance, name: str, slots: int) -> Function:
        """An exported function with at most ``slots`` parameters."""
        found = self.exported(instance, name)
        return Function(self.library, self.context, _Function.from_buffer_copy(found.of.function), slots)

    def memory(self, instance: _Instance) -> tuple[int, _Extern]:
        """Address and handle of the exported memory. The address stays: wasmtime reserves all it may grow to."""
        found = self.exported(instance, "memory")
        return self.library.memory_data(self.context, ctypes.byref(found.of.indexed)), found

    def memory_size(self, memory: _Extern) -> int:
        """The current size of its memory, in bytes."""
        return int(self.library.memory_size(self.context, ctypes.byref(memory.of.indexed)))

    def grow_table(self, table: _Extern, places: int) -> int:
        """The first of so many new places."""
        nothing, before = _Value(kind=_FUNCTION_REFERENCE), ctypes.c_uint64()
        self.library.raise_fault(
            self.library.grow_table(
                self.context, ctypes.byref(table.of.indexed), places, ctypes.byref(nothing), ctypes.byref(before)
            )
        )
        return before.value

    def put_function(self, table: _Extern, place: int, function: _Extern) -> None:
        """Make a function callable by its place in the table."""
        value = _Value(kind=_FUNCTION_REFERENCE)
        value.of.function = function.of.function
        self.library.raise_fault(
            self.library.set_table(self.context, ctypes.byref(table.of.indexed), place, ctypes.byref(value))
        )

    def close(self) -> None:
        """Give everything back."""
        if self._store:
            self.library.delete_store(self._store)
            self._store = None
            self._modules.clear()

    def __del__(self) -> None:
        self.close()
