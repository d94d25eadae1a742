"""Real chains derived from their L1 alone: every block hash again, under both presets, whatever carries the data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from megadev.beacon import beacon_answer
from megadev.chain.blobs import sidecar_of, versioned_hash
from megadev.chain.blocks import SealedBlock
from megadev.chain.fees import blob_base_fee
from megadev.chain.transactions import (
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    UnsignedTransaction,
    encode_network_form,
    sign_transaction,
)
from megadev.rollup.batches import encode_batch, span_of
from megadev.rollup.channel import compress, encode_frames, split
from megadev.rollup.da import DaKind
from megadev.rollup.da.blobs import encode_blob
from megadev.rollup.da.commitments import encode_commitment
from megadev.rollup.da.store import Store
from megadev.rollup.derivation import origin_in
from megadev.rollup.derivation.beginning import config_of
from megadev.rollup.derivation.config import RollupConfig, config_of_json, to_json
from megadev.rollup.derivation.consolidation import batch_of, batched, difference, underivable
from megadev.rollup.derivation.execution import DerivedChain
from megadev.rollup.derivation.l1_source import ChainL1, L1Source
from megadev.rollup.derivation.pipeline import Derived, Pipeline
from megadev.rollup.derivation.remote_l1 import RemoteL1
from megadev.rollup.predeploys import BATCH_INBOX, MAINNET_ADDRESSES
from tests.bridging import Bridge
from tests.units.rollup.batching import KEY

PRESETS: dict[str, dict[str, Any]] = {
    "dev": {},
    "megaeth": {"preset": "megaeth", "mini_block_time": None, "block_time": None},
}


class Posting(Bridge):
    """A devnet, and a batcher that posts all of its L2 blocks when told to."""

    def __init__(self, preset: str, **settings: Any) -> None:
        super().__init__(free=False, **PRESETS[preset], **settings)
        self.is_instant = preset == "dev"
        self.store = Store(b"\x07" * 32)
        self.l1_chain, self.l2_chain = self.net.l1.chain, self.net.l2.chain

    def config(self, **changes: Any) -> RollupConfig:
        l1, l2 = self.l1_chain, self.l2_chain
        config = config_of(
            l1.store.genesis,
            l2.store.genesis,
            l1.sequencer.spec,
            l2.sequencer.spec,
            MAINNET_ADDRESSES,
            da_stores=(self.store.address,),
            **changes,
        )
        assert config_of_json(to_json(config)) == config
        return config

    def send(self, to: str | None = None, **fields: Any) -> None:  # type: ignore[override]
        request = {"from": self.alice, **fields} | ({} if to is None else {"to": to})
        self.l2.rpc("eth_sendTransaction", request)
        self.seal()

    def seal(self) -> None:
        if not self.is_instant:
            self.l2.rpc("evm_mine")

    def mixed_blocks(self) -> None:
        """Transactions of several types, deposits, a withdrawal and empty blocks."""
        self.send(data="0x600160005500")
        for kind in (LEGACY, DYNAMIC_FEE):
            nonce = int(self.l2.rpc("eth_getTransactionCount", self.alice, "latest"), 16)
            tx = UnsignedTransaction(
                type=kind,
                chain_id=self.l2_chain.sequencer.spec.chain_id if kind else None,
                nonce=nonce,
                gas_limit=100_000,
                to=b"\x99" * 20,
                value=5,
                max_fee_per_gas=10**10,
                max_priority_fee_per_gas=1,
            )
            self.l2.rpc("eth_sendRawTransaction", "0x" + sign_transaction(tx, KEY).encoded.hex())
            self.seal()
        for value in (7, 8):
            deposit = self.portal.functions.depositTransaction(self.alice, value, 100_000, False, b"")
            deposit.transact({"from": self.alice, "value": value})
        self.l2.rpc("anvil_mine", "0x9")
        self.passer.functions.initiateWithdrawal(self.alice, 100_000, b"").transact({"from": self.alice, "value": 3})
        self.seal()
        self.l2.rpc("evm_increaseTime", 500)
        self.send(self.alice)

    def blocks(self) -> list[SealedBlock]:
        store = self.l2_chain.store
        return list(store.blocks(store.genesis.number + 1, store.head.number))

    def post(self, kind: DaKind = DaKind.CALLDATA, pieces: int = 3) -> None:
        chain_id = self.l2_chain.sequencer.spec.chain_id
        batches = []
        for block in self.blocks():
            origin = origin_in(block.world)
            assert origin is not None
            batches.append(encode_batch(batch_of(block, origin), chain_id))
        self.post_channel(compress(batches), kind, pieces)

    def post_channel(self, channel: bytes, kind: DaKind = DaKind.CALLDATA, pieces: int = 3) -> None:
        size = min(-(-len(channel) // pieces) + 23, kind.frame_size)
        payloads = [encode_frames([frame]) for frame in split(b"\x05" * 16, channel, size)]
        match kind:
            case DaKind.BLOBS:
                self.to_inbox(b"", [encode_blob(each) for each in payloads])
            case DaKind.EXTERNAL:
                for each in payloads:
                    self.to_inbox(b"\x01" + encode_commitment(self.store.put(each)))
            case DaKind.CALLDATA:
                for each in payloads:
                    self.to_inbox(each)

    def to_inbox(self, data: bytes, blobs: list[bytes] | None = None) -> None:
        batcher = self.net.node.roles.batcher
        sidecar = sidecar_of(blobs, 0) if blobs else None
        tx = UnsignedTransaction(
            type=BLOB if sidecar else DYNAMIC_FEE,
            chain_id=self.l1_chain.sequencer.spec.chain_id,
            nonce=int(self.l1.rpc("eth_getTransactionCount", "0x" + batcher.raw_address.hex(), "latest"), 16),
            gas_limit=5_000_000,
            to=BATCH_INBOX,
            data=data,
            max_fee_per_gas=10**11,
            max_priority_fee_per_gas=10**9,
            max_fee_per_blob_gas=10**9 if sidecar else 0,
            blob_versioned_hashes=tuple(map(versioned_hash, sidecar.commitments)) if sidecar else (),
            sidecar=sidecar,
        )
        signed = sign_transaction(tx, bytes.fromhex(batcher.private_key.removeprefix("0x")))
        self.l1.rpc("eth_sendRawTransaction", "0x" + encode_network_form(signed).hex())

    def remote_l1(self) -> RemoteL1:
        """The L1 as its RPC and its beacon paths show it."""
        spec = self.l1_chain.sequencer.spec

        def get(path: str) -> bytes | None:
            answer = beacon_answer(self.l1_chain, path)
            return answer[1].encode() if answer is not None and answer[0] == 200 else None

        return RemoteL1(
            lambda calls: [self.l1.rpc(method, *parameters) for method, parameters in calls],
            get,
            lambda excess: blob_base_fee(excess, spec),
        )

    def derived(
        self, config: RollupConfig | None = None, source: L1Source | None = None
    ) -> tuple[DerivedChain, list[Derived]]:
        """What whoever has L1, the store and the first block makes of it."""
        config = self.config() if config is None else config
        l1, l2 = self.l1_chain, self.l2_chain
        source = ChainL1(lambda: l1.store, l1.sequencer.spec) if source is None else source
        chain = DerivedChain(config, l2.store.genesis, l2.sequencer.spec, l2.sequencer.engine)
        steps = Pipeline(config, source, chain, self.store).run()
        return chain, [step for step in steps if isinstance(step, Derived)]

    def reproduces(self, config: RollupConfig | None = None) -> None:
        chain, steps = self.derived(config)
        blocks = self.blocks()
        assert [step.block.hash for step in steps] == [block.hash for block in blocks]
        for step, block in zip(steps, blocks, strict=True):
            assert difference(step.attributes, block) is None
            derived = chain.store.resolve(block.number)
            assert derived.header == block.header
            assert derived.receipts == block.receipts


@pytest.fixture(params=list(PRESETS))
def posting(request: pytest.FixtureRequest) -> Iterator[Posting]:
    made = Posting(request.param)
    yield made
    made.close()


@pytest.mark.parametrize("kind", list(DaKind))
def test_every_block_hash_is_derived_from_l1_alone(posting: Posting, kind: DaKind) -> None:
    posting.mixed_blocks()
    for block, parent in zip(posting.blocks(), [posting.l2_chain.store.genesis, *posting.blocks()], strict=False):
        assert underivable(block, parent, posting.l2_chain.sequencer.spec, posting.config()) is None
    posting.post(kind)
    posting.reproduces()
    _, steps = posting.derived(source=posting.remote_l1())
    assert [step.block.hash for step in steps] == [block.hash for block in posting.blocks()]


def test_evenly_spaced_blocks_are_posted_as_a_span_batch(posting: Posting) -> None:
    posting.l2.rpc("anvil_mine", "0x3")
    posting.send(posting.alice)
    posting.l2.rpc("anvil_mine", "0x3")
    blocks = posting.blocks()
    row = []
    for block in blocks:
        origin = origin_in(block.world)
        assert origin is not None
        row.append(batch_of(block, origin))
    config = posting.config()
    span = span_of(row, genesis_time=config.genesis_time, block_time=1, changes_origin=False)
    posting.post_channel(compress([encode_batch(span, config.l2_chain_id)]))
    posting.reproduces(config)


def test_deposits_get_in_without_a_sequencer(posting: Posting) -> None:
    function = posting.portal.functions.depositTransaction(posting.alice, 7, 100_000, False, b"")
    function.transact({"from": posting.alice, "value": 7})
    posting.l1.rpc("anvil_mine", "0x5")
    chain, steps = posting.derived(posting.config(sequencing_window=3))
    assert steps
    assert all(step.is_forced for step in steps)
    (receipt,) = [
        receipt
        for block in chain.store.blocks(1, 99)
        for tx, receipt in zip(block.transactions, block.receipts, strict=True)
        if tx.mint
    ]
    assert receipt.succeeded


CHEATS: dict[str, tuple[str, list[Any], str]] = {
    "balance": ("anvil_setBalance", ["0x" + "77" * 20, "0x5"], "changed outside a block"),
    "base fee": ("anvil_setNextBlockBaseFeePerGas", ["0x3b9aca05"], "base fee"),
    "prevRandao": ("hardhat_setPrevRandao", ["0x" + "12" * 32], "prevRandao"),
    "fee recipient": ("anvil_setCoinbase", ["0x" + "12" * 20], "fee recipient"),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_cannot_be_derived_and_is_named(cheat: str) -> None:
    posting = Posting("dev")
    try:
        method, arguments, reason = CHEATS[cheat]
        posting.send(posting.alice)
        posting.l2.rpc(method, *arguments)
        posting.send(posting.alice)
        posting.send(posting.alice)
        first, second, _ = posting.blocks()
        spec, config = posting.l2_chain.sequencer.spec, posting.config()
        assert underivable(first, posting.l2_chain.store.genesis, spec, config) is None
        assert reason in str(underivable(second, first, spec, config))
        # the batcher would not post it; whoever does is found out at that block
        posting.post()
        _, steps = posting.derived()
        assert steps[0].block.hash == first.hash
        assert steps[1].block.hash != second.hash
    finally:
        posting.close()


def test_an_impersonated_transaction_cannot_be_derived_and_is_named() -> None:
    posting = Posting("dev")
    try:
        stranger = "0x" + "88" * 20
        posting.send(stranger, value=hex(10**18))
        posting.l2.rpc("anvil_impersonateAccount", stranger)
        posting.l2.rpc("eth_sendTransaction", {"from": stranger, "to": posting.alice})
        parent, block = posting.blocks()
        assert len(batched(block)) == 1
        reason = underivable(block, parent, posting.l2_chain.sequencer.spec, posting.config())
        assert "impersonated" in str(reason)
    finally:
        posting.close()
