"""What a sequencer that misbehaves would seal, as a pure question."""

from __future__ import annotations

from msgspec.structs import replace

from megadev.chain.transactions import Transaction, UnsignedTransaction, impersonated_transaction
from megadev.sequencer.faults import NO_FAULTS, NOBODY, Targets

ALICE, BOB, CAROL = (bytes((number,)) * 20 for number in (1, 2, 3))


def tx(sender: bytes, nonce: int, to: bytes = CAROL) -> Transaction:
    unsigned = UnsignedTransaction(
        type=2, chain_id=1, nonce=nonce, gas_limit=21_000, to=to, max_fee_per_gas=1, max_priority_fee_per_gas=0
    )
    return impersonated_transaction(unsigned, sender)


A0, A1, B0, B1 = tx(ALICE, 0), tx(ALICE, 1), tx(BOB, 0, ALICE), tx(BOB, 1)


def test_without_faults_a_block_is_sealed_as_it_is() -> None:
    assert NO_FAULTS.sealed_as([A0, B0, A1]) == [A0, B0, A1]
    assert NO_FAULTS.after_sealing([A0, B0, A1]) == NO_FAULTS
    assert list(NO_FAULTS.uncensored([A0, B0])) == [A0, B0]


def test_reorder_reverses_senders_and_keeps_each_nonce_order() -> None:
    faults = replace(NO_FAULTS, reorders=True)
    assert faults.sealed_as([A0, B0, A1, B1]) == [B0, B1, A0, A1]
    assert faults.after_sealing([A0, B0]) == NO_FAULTS


def test_reorder_waits_for_a_block_with_two_senders() -> None:
    faults = replace(NO_FAULTS, reorders=True)
    assert faults.sealed_as([A0, A1]) == [A0, A1]
    assert faults.after_sealing([A0, A1]) == faults


def test_withholding_is_by_hash_or_by_either_address_and_waits_until_it_can() -> None:
    for targets in (Targets(frozenset((B0.hash,))), Targets(addresses=frozenset((BOB,)))):
        faults = replace(NO_FAULTS, withheld=targets, delays=True)
        assert faults.sealed_as([A0, B0]) == [A0]
        assert faults.after_sealing([A0, B0]) == NO_FAULTS
        assert faults.after_sealing([A0]) == faults
    assert replace(NO_FAULTS, withheld=Targets(addresses=frozenset((ALICE,)))).sealed_as([A0, B0, B1]) == [B1]


def test_transactions_after_a_censored_one_of_the_sender_wait() -> None:
    faults = replace(NO_FAULTS, censored=Targets(addresses=frozenset((ALICE,))))
    assert list(faults.uncensored([B0, B1, A0, tx(CAROL, 0)])) == [tx(CAROL, 0)]
    assert not faults.executes(A0) and not faults.executes(B0) and faults.executes(B1)
    assert not NOBODY and faults.censored
