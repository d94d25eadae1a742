"""The methods themselves, one file per thing a caller asks about: ``eth_blocks``, ``eth_state``, ``txpool``…

A method is a function named as on the wire: its annotations decode, ``formatters`` encode, the chain does the work.
Importing this package registers those that clients ask for first, so that a node answers sooner; the others are
registered when one is asked for that is not among them, or ahead of that (``remaining``). Which exist, and how finished
each is, stands in ``rpc/catalog.py``.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from sys import modules

from megadev.rpc.dispatch import METHODS

_FIRST = (
    "eth_blocks",
    "eth_calls",
    "eth_chain",
    "eth_fees",
    "eth_filters",
    "eth_logs",
    "eth_send",
    "eth_state",
    "eth_subscribe",
    "eth_transactions",
    "net",
    "web3",
)


def remaining() -> Iterator[Callable[[], object]]:
    """What registers the other methods, a file at a time, in their order: some build on those of another file."""
    for module in iter_modules(__path__):
        name = f"{__name__}.{module.name}"
        if name not in modules:
            yield partial(import_module, name)


def _register_all() -> None:
    for register in remaining():
        register()


METHODS.others = _register_all
for _name in _FIRST:
    import_module(f"{__name__}.{_name}")
