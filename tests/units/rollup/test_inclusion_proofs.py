"""The portal believes a Merkle proof exactly if it proves: tries of every shape, and proofs bent in every way."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import rlp
from eth_utils import keccak
from trie import HexaryTrie

from tests.units.rollup.chains import Chains, Claim, Withdrawal, refusal, trie_with

REFUSALS = {
    "InvalidMerkleProof", "EmptyItem", "ContentLengthMismatch", "InvalidHeader", "InvalidDataRemainder", "UnexpectedList",
    "UnexpectedString",
}  # fmt: skip
WITHDRAWAL = Withdrawal(1 << 240, "0x" + "11" * 20, "0x" + "22" * 20, 5, 100_000, b"")
KEY = bytes(keccak(WITHDRAWAL.slot))
CHOICE = random.Random(11)


def near(nibbles: int) -> bytes:
    """A key that agrees with KEY in so many nibbles and differs in the next."""
    number = int.from_bytes(KEY) ^ (1 + CHOICE.randrange(15)) << (252 - 4 * nibbles)
    return (number ^ CHOICE.getrandbits(252 - 4 * nibbles) if nibbles < 63 else number).to_bytes(32, "big")


TRIES: dict[str, list[bytes]] = {
    "it alone": [],
    "a branch": [near(0)],
    "many branches": [CHOICE.randbytes(32) for _ in range(400)],
    "an extension": [near(5)],
    "an odd and an even extension": [near(3), near(8)],
    "a full branch": [bytes([first << 4]) + KEY[1:] for first in range(16) if first != KEY[0] >> 4],
    "a leaf inside its branch": [near(20)],
    "a leaf inside a branch inside an extension": [near(62), near(10)],
    "branches inside branches": [near(63), near(62), near(61)],
    "the last nibble": [near(63)],
}


def claimed(chains: Chains, root: bytes) -> Claim:
    """A game that claims a state whose message passer has this storage root."""
    number = chains.factory.functions.gameCount().call() + 1
    return chains.claim((bytes(32), b"\x22" * 32, root, b"\x44" * 32), number)


def outcome(chains: Chains, claim: Claim, proof: list[bytes], withdrawal: Withdrawal = WITHDRAWAL) -> str:
    """Why the proof is refused, or 'proven'."""
    call = chains.portal.functions.proveWithdrawalTransaction(withdrawal.as_tuple(), claim.index, claim.output, proof)
    try:
        return refusal(call, chains.alice)
    except AssertionError:
        return "proven"


@pytest.fixture
def proof_of(shared: Chains) -> Callable[[str], tuple[Claim, list[bytes]]]:
    def make(shape: str) -> tuple[Claim, list[bytes]]:
        root, proof = trie_with(KEY, TRIES[shape])
        return claimed(shared, root), proof

    return make


Proofs = Callable[[str], tuple[Claim, list[bytes]]]


@pytest.mark.parametrize("shape", TRIES)
def test_a_proof_of_any_trie_is_believed(shared: Chains, proof_of: Proofs, shape: str) -> None:
    claim, proof = proof_of(shape)
    assert outcome(shared, claim, proof) == "proven"


def test_a_node_inside_its_parent_may_be_repeated(shared: Chains, proof_of: Proofs) -> None:
    """viem appends the leaf that stands inside the last branch."""
    claim, proof = proof_of("a leaf inside its branch")
    leaves = [item for item in rlp.decode(proof[-1]) if isinstance(item, list)]
    wanted = [rlp.encode(leaf) for leaf in leaves if KEY.hex().endswith(leaf[0].hex()[1:])]
    assert len(wanted) == 1
    assert outcome(shared, claim, proof + wanted) == "proven"
    assert outcome(shared, claim, proof + wanted * 2) == "InvalidMerkleProof"


def test_another_withdrawal_is_not_proven(shared: Chains, proof_of: Proofs) -> None:
    for shape in TRIES:
        claim, proof = proof_of(shape)
        other = Withdrawal(WITHDRAWAL.nonce, WITHDRAWAL.sender, WITHDRAWAL.target, 6, 100_000, b"")
        assert outcome(shared, claim, proof, other) in REFUSALS, shape


def test_another_value_is_rejected(shared: Chains) -> None:
    for value in (b"\x02", b"\x00", b"\x01\x01", b"\x81\x01"):
        root, proof = trie_with(KEY, [], value)
        assert outcome(shared, claimed(shared, root), proof) == "InvalidMerkleProof"


def test_an_absent_key_is_not_proven_by_the_proof_of_its_absence(shared: Chains) -> None:
    for others in ([near(0), near(0)], [near(5), near(4)], [near(40)], [near(62), near(10)]):
        trie = HexaryTrie({})
        for one in others:
            trie[one] = b"\x01"
        proof = [rlp.encode(node) for node in trie.get_proof(KEY)]
        assert outcome(shared, claimed(shared, trie.root_hash), proof) == "InvalidMerkleProof"


def test_too_many_or_too_few_nodes_are_not_believed(shared: Chains, proof_of: Proofs) -> None:
    for shape in TRIES:
        claim, proof = proof_of(shape)
        assert outcome(shared, claim, []) == "InvalidMerkleProof"
        assert outcome(shared, claim, proof[1:]) == "InvalidMerkleProof", shape
        assert outcome(shared, claim, proof[:-1]) == "InvalidMerkleProof", shape
        assert outcome(shared, claim, [*proof, b"\xc0"]) == "InvalidMerkleProof", shape
        assert outcome(shared, claim, [*proof, proof[-1]]) == "InvalidMerkleProof", shape


def test_no_bit_of_a_proof_is_without_meaning(shared: Chains, proof_of: Proofs) -> None:
    for shape in ("an extension", "many branches", "a leaf inside a branch inside an extension"):
        claim, proof = proof_of(shape)
        for _ in range(12):
            bent = list(proof)
            index = CHOICE.randrange(len(bent))
            node = bytearray(bent[index])
            node[CHOICE.randrange(len(node))] ^= 1 << CHOICE.randrange(8)
            bent[index] = bytes(node)
            assert outcome(shared, claim, bent) == "InvalidMerkleProof"


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (b"", "EmptyItem"),
        (b"\x80", "UnexpectedString"),
        (b"\xc0", "InvalidMerkleProof"),
        (b"\xc1", "ContentLengthMismatch"),
        (b"\xc0\xc0", "InvalidDataRemainder"),
        (b"\xf8\x01\x80", "InvalidHeader"),
        (b"\xf9\x00\x40" + bytes(64), "InvalidHeader"),
        (b"\xff" + b"\xff" * 8, "ContentLengthMismatch"),
        (b"\xbf" + b"\xff" * 4, "ContentLengthMismatch"),
        (rlp.encode([b"\x20" + KEY, [b"\x01"]]), "UnexpectedList"),
        (rlp.encode([[b"\x20"], b"\x01"]), "UnexpectedList"),
        (rlp.encode([b"", b"\x01"]), "InvalidMerkleProof"),
        (rlp.encode([b"\x40" + KEY, b"\x01"]), "InvalidMerkleProof"),
        (rlp.encode([b"\x21" + KEY, b"\x01"]), "InvalidMerkleProof"),
        (rlp.encode([b"\x20" + KEY + b"\x00", b"\x01"]), "InvalidMerkleProof"),
        (rlp.encode([b"\x20" + KEY[:-1], b"\x01"]), "InvalidMerkleProof"),
        (rlp.encode([b"\x00" + KEY, b"\x01"]), "InvalidMerkleProof"),
        (rlp.encode([b"\x00" + KEY, b"\x01" * 32]), "InvalidMerkleProof"),
        (rlp.encode([b""] * 17), "InvalidMerkleProof"),
        (rlp.encode([b""] * 18), "InvalidDataRemainder"),
        (rlp.encode([b"\x20" + KEY, b"\x01", b""]), "InvalidMerkleProof"),
        (b"\xe4\xa1\x20" + KEY + b"\x81\x01", "InvalidHeader"),
        (rlp.encode([b"\x20" + KEY, b"\x01"])[:-1], "ContentLengthMismatch"),
    ],
    ids=lambda given: given.hex()[:12] or "empty" if isinstance(given, bytes) else given,
)
def test_an_invalid_trie_node_is_refused(shared: Chains, node: bytes, why: str) -> None:
    """Such a node can be the root that a false claim names."""
    assert outcome(shared, claimed(shared, bytes(keccak(node))), [node]) == why


def test_a_node_that_should_have_a_hash_is_not_taken_from_inside(shared: Chains) -> None:
    leaf = [b"\x20" + KEY[1:], b"\x01"]
    assert len(rlp.encode(leaf)) >= 32
    branch: list[object] = [b""] * 17
    branch[KEY[0] & 15] = leaf
    root = rlp.encode([bytes([0x10 | KEY[0] >> 4]), branch])
    assert outcome(shared, claimed(shared, bytes(keccak(root))), [root]) == "InvalidMerkleProof"
