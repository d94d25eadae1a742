"""Settings of a chain beside its state that affect later blocks: the values of MegaETH's oracle, the sizes of state
buckets, and the sequencer's keys. Only what was changed is written.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from megadev.chain.blocks import SealedBlock
from megadev.chain.documents import JsonObject, as_bytes, as_list, as_number, as_object, fail
from megadev.chain.spans import Span
from megadev.chain.spec import ChainSpec, Salt
from megadev.evm.engines import open_engine
from megadev.node.chain import LocalChain
from megadev.node.faults import FAULTS
from megadev.primitives.hexcodec import to_data
from megadev.primitives.signatures import SECP256K1_N
from megadev.sequencer.signers import Signer, Signers


class Settings(msgspec.Struct, frozen=True):
    """``oracle``: values by slot. ``buckets``: number and capacity. ``signers``: each key's term, newest
    first; empty where the key was never changed. ``faults``: the name and words of each that is on.
    ``standbys``: the sequencers that are up, by their numbers. ``earlier_buckets``: those of blocks up to a number,
    oldest first, where they were not the current ones.
    """

    oracle: tuple[tuple[int, int], ...] = ()
    buckets: tuple[tuple[int, int], ...] = ()
    signers: tuple[Signer, ...] = ()
    faults: tuple[tuple[str, ...], ...] = ()
    standbys: tuple[int, ...] = ()
    earlier_buckets: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = ()

    def rules_of(self, number: int, spec: ChainSpec) -> ChainSpec | None:
        """``spec`` with the buckets that block ``number`` was built with; None where nobody ever set any."""
        if not spec.is_metered or not (self.buckets or self.earlier_buckets):
            return None
        had = next((buckets for last, buckets in self.earlier_buckets if number <= last), self.buckets)
        return replace(spec, salt=replace(spec.salt, capacities=had))


NOTHING_SET = Settings()


def settings_of(chain: LocalChain) -> Settings:
    """The current settings of ``chain``."""
    service, signers = chain.sequencer.oracle, chain.rotated_signers
    return Settings(
        () if service is None else tuple(sorted(service.values.items())),
        chain.sequencer.spec.salt.capacities,
        () if signers is None else signers.terms,
    )


def with_earlier_buckets(settings: Settings, blocks: Span) -> Settings:
    """The same with the buckets of ``blocks`` where these are not the current ones."""
    earlier: list[tuple[int, tuple[tuple[int, int], ...]]] = []
    for block in blocks.pieces():
        if not isinstance(block, SealedBlock):
            continue  # nothing was new in a row of empty blocks
        had = settings.buckets if block.spec is None else block.spec.salt.capacities
        if earlier and earlier[-1][1] == had:
            earlier.pop()
        earlier.append((block.number, had))
    if earlier and earlier[-1][1] == settings.buckets:
        earlier.pop()
    return msgspec.structs.replace(settings, earlier_buckets=tuple(earlier))


def apply_settings(chain: LocalChain, settings: Settings) -> None:
    """Set the same on ``chain``; what its own rules know nothing of is left."""
    sequencer = chain.sequencer
    if sequencer.spec.is_metered and settings.buckets and settings.buckets != sequencer.spec.salt.capacities:
        spec = replace(sequencer.spec, salt=replace(sequencer.spec.salt, capacities=settings.buckets))
        sequencer.set_rules(spec, open_engine(sequencer.engine.info.name, spec))
    if sequencer.oracle is not None and settings.oracle:
        sequencer.oracle.set(dict(settings.oracle))
    if settings.signers:
        chain.rotated_signers = Signers(settings.signers)


def written_settings(settings: Settings) -> JsonObject:
    """The settings as they are stored in a document."""
    written: JsonObject = {}
    if settings.oracle:
        written["oracle"] = {hex(slot): f"0x{value:064x}" for slot, value in settings.oracle}
    if settings.buckets:
        written["buckets"] = {hex(bucket): hex(capacity) for bucket, capacity in settings.buckets}
    if settings.earlier_buckets:
        written["earlierBuckets"] = [
            {"last": hex(last), "buckets": {hex(bucket): hex(capacity) for bucket, capacity in buckets}}
            for last, buckets in settings.earlier_buckets
        ]
    if settings.signers:
        written["signers"] = list(map(_written_signer, settings.signers))
    if settings.faults:
        written["faults"] = list(map(list, settings.faults))
    if settings.standbys:
        written["standbys"] = list(settings.standbys)
    return written


def read_settings(value: object) -> Settings:
    """Parse a document's settings. Raises ``InvalidDocument`` naming what is invalid."""
    entries = as_object(value, "settings")
    oracle = as_object(entries.get("oracle") or {}, "settings.oracle")
    buckets = _buckets(entries.get("buckets"), "settings.buckets")
    earlier = []
    for index, each in enumerate(as_list(entries.get("earlierBuckets") or [], "settings.earlierBuckets")):
        where = f"settings.earlierBuckets[{index}]"
        had = as_object(each, where)
        earlier.append((as_number(had.get("last"), f"{where}.last", 63), _buckets(had.get("buckets"), where)))
    signers = []
    for index, each in enumerate(as_list(entries.get("signers") or [], "settings.signers")):
        where = f"settings.signers[{index}]"
        term = as_object(each, where)
        key = _key(term.get("key"), f"{where}.key")
        others = tuple(_key(other, f"{where}.others") for other in as_list(term.get("others") or [], f"{where}.others"))
        turn = as_number(term.get("turn", "0x1" if others else "0x0"), f"{where}.turn", 63)
        if others and not turn:
            fail(f"{where}.turn", "a number of blocks", None)
        signers.append(Signer(as_number(term.get("firstBlock"), f"{where}.firstBlock", 63), key, others, turn))
    if signers and (signers[-1].first_block != 0 or sorted(signers, key=lambda term: -term.first_block) != signers):
        fail("settings.signers", "keys from the newest to that of block 0", None)
    faults = []
    for index, each in enumerate(as_list(entries.get("faults") or [], "settings.faults")):
        words = as_list(each, f"settings.faults[{index}]")
        if not words or not all(isinstance(word, str) for word in words) or words[0] not in FAULTS:
            fail(f"settings.faults[{index}]", "a fault's name and what it takes", None)
        faults.append(tuple(words))
    standbys = [
        as_number(each, "settings.standbys", 31) for each in as_list(entries.get("standbys") or [], "settings.standbys")
    ]
    oracle_values = _numbers(oracle, "settings.oracle", 256)
    return Settings(oracle_values, buckets, tuple(signers), tuple(faults), tuple(standbys), tuple(sorted(earlier)))


def _buckets(value: object, where: str) -> tuple[tuple[int, int], ...]:
    buckets = _numbers(as_object(value or {}, where), where, 63)
    for bucket, capacity in buckets:
        try:
            Salt.check(bucket, capacity)
        except ValueError as problem:
            fail(where, str(problem), hex(bucket))
    return buckets


def _written_signer(term: Signer) -> JsonObject:
    written: JsonObject = {"firstBlock": hex(term.first_block), "key": to_data(term.key)}
    if term.others:
        written |= {"others": list(map(to_data, term.others)), "turn": hex(term.turn)}
    return written


def _key(value: object, where: str) -> bytes:
    key = as_bytes(value, where, 32)
    if not 0 < int.from_bytes(key, "big") < SECP256K1_N:
        fail(where, "a private key", None)
    return key


def _numbers(entries: JsonObject, where: str, bits: int) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((as_number(key, where, bits), as_number(value, where, bits)) for key, value in entries.items()))
