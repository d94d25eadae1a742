"""The catalog of methods and the registered functions agree."""

from __future__ import annotations

from collections import Counter

import megadev.rpc.methods  # noqa: F401  # registers the methods
from megadev.rpc.catalog import CATALOG, FULL, GROUPS, PLANNED
from megadev.rpc.dispatch import METHODS

METHODS.complete()


def test_every_method_name_is_unique() -> None:
    names = Counter(name for entry in CATALOG for name in (entry.name, *entry.aliases))
    assert [name for name, times in names.items() if times > 1] == []


def test_every_status_is_one_of_four() -> None:
    for entry in CATALOG:
        kind, _, why = entry.status.partition(": ")
        assert entry.status in (FULL, PLANNED) or (kind in ("partial", "refused") and why), entry


def test_every_method_on_offer_has_a_function_and_no_function_is_hidden() -> None:
    offered = {entry.name for entry in CATALOG if entry.is_available}
    aliases = {alias for entry in CATALOG if entry.is_available for alias in entry.aliases}
    assert offered - METHODS.keys() == set(), "in the catalog without a function"
    assert METHODS.keys() - offered - aliases == set(), "a function the catalog does not offer"


def test_parameters_are_as_many_as_the_catalog_says() -> None:
    for entry in CATALOG:
        if not entry.is_available:
            continue
        words = entry.parameters
        method = METHODS[entry.name].signature
        assert len(method.parameters) == len(words), f"{entry.name}: {method.parameters} and {words}"
        required = [word for word in words if not word.endswith("?")]
        assert len(required) == method.required, f"{entry.name}: which of {words} are optional"


def test_every_row_belongs_to_a_group() -> None:
    assert {entry.group for entry in CATALOG} == GROUPS.keys()
