"""The methods themselves, one file per thing a caller asks about: ``eth_blocks``, ``eth_state``, ``txpool``…

A method is a function named as on the wire: its annotations decode, ``formatters`` encode, the chain does the work.
Importing this package registers all of them; which exist, and how finished each is, stands in ``rpc/catalog.py``.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
