"""Withdrawals and output roots, with the values that clients and a live chain have for the same input."""

from __future__ import annotations

from eth_abi import encode

from megadev.chain.receipts import Log
from megadev.primitives.keccak import keccak
from megadev.rollup.predeploys import MESSAGE_PASSER
from megadev.rollup.withdrawals import (
    PASSED_TOPIC,
    Output,
    Withdrawal,
    finalizing_call,
    proving_call,
    withdrawal_of_log,
)

ALICE, BOB = bytes(19) + b"\xaa", bytes(19) + b"\xbb"
SENT = Withdrawal(2**240 + 7, ALICE, BOB, 5, 100_000, b"")


def test_a_withdrawals_hash_and_slot_are_those_of_clients() -> None:
    assert SENT.hash.hex() == "167db0a27334ce5bb5bebbcf85636171f91f4793c329b59493ee405f056fd970"
    assert f"{SENT.slot:064x}" == "9e5fd079aeaa4f11ad6f6aad2658e87f8ad69659ff478e72a2b0d6673dfe1e9d"


def test_output_roots_are_those_of_clients_and_of_a_live_chain() -> None:
    made_up = Output(b"\x22" * 32, b"\x33" * 32, b"\x44" * 32)
    assert made_up.root.hex() == "a0f4dc3bfbe0572989a33a87bb347ae1e610343d84300dfecc591d0cb9cf2f89"
    live = Output(
        bytes.fromhex("686f5150a2aec8f1b5ae15108288530860fa4157a9f39c71e55b0fa24783d506"),
        bytes.fromhex("891f4462376be7ecac17a67a0ee5be7bc0c35979c182e5f7f19ebb2b1e320cc3"),
        bytes.fromhex("ce5344be15fecbe70574c97e57626f79a0816e8ebfc37a53ad535e82dd2def56"),
    )
    assert live.root.hex() == "f90851c88ec4adfe04b03f33beab99bbabbd73fc474ab7b3a8fa109a3913f047"


def test_a_message_passer_log_describes_a_withdrawal() -> None:
    topics = (PASSED_TOPIC, SENT.nonce.to_bytes(32), ALICE.rjust(32, b"\0"), BOB.rjust(32, b"\0"))
    data = encode(["uint256", "uint256", "bytes", "bytes32"], [5, 100_000, b"", SENT.hash])
    assert PASSED_TOPIC.hex() == "02a52367d10742d8032712c1bb8e0144ff1ec5ffda1ed7d70bb05a2744955054"
    assert withdrawal_of_log(Log(MESSAGE_PASSER, topics, data)) == SENT
    assert withdrawal_of_log(Log(ALICE, topics, data)) is None
    assert withdrawal_of_log(Log(MESSAGE_PASSER, (keccak(b""), *topics[1:]), data)) is None


def test_calls_of_the_portal_have_the_selectors_of_its_interface() -> None:
    output = Output(b"\x22" * 32, b"\x33" * 32, b"\x44" * 32)
    assert proving_call(SENT, 3, output, [b"\x01", b"\x02"])[:4].hex() == "4870496f"
    assert finalizing_call(SENT, ALICE)[:4].hex() == "43ca1c50"
