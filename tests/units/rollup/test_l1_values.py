"""L1Block and GasPriceOracle: what L2 knows of L1, and what a transaction's data costs there."""

from __future__ import annotations

import random

import pytest

from tests.stage.fastlz import LOWEST_SIZE, estimated_size, fastlz_length
from tests.units.rollup.chains import DEPOSITOR, GWEI, Chains, refusal

ISTHMUS = bytes.fromhex("098999be")


ECOTONE = bytes.fromhex("440a5e20")


HASH = "11" * 32


BATCHER = "00" * 12 + "22" * 20


def attributes(
    *, base_scalar: int = 1368, blob_scalar: int = 810949, base_fee: int = GWEI, blob_fee: int = 7,
    operator: tuple[int, int] | None = (0, 0),
) -> str:  # fmt: skip
    """The call that updates L1Block: packed, Isthmus' unless ``operator`` is None."""
    packed = (ECOTONE if operator is None else ISTHMUS) + b"".join(
        value.to_bytes(size, "big")
        for value, size in [
            (base_scalar, 4),
            (blob_scalar, 4),
            (3, 8),
            (1700000000, 8),
            (20000000, 8),
            (base_fee, 32),
            (blob_fee, 32),
        ]
    )
    packed += bytes.fromhex(HASH + BATCHER)
    if operator is not None:
        packed += operator[0].to_bytes(4, "big") + operator[1].to_bytes(8, "big")
    return "0x" + packed.hex()


def update(chains: Chains, data: str, sender: str = DEPOSITOR) -> str:
    """The status of the call."""
    net = chains.l2
    net.rpc("anvil_impersonateAccount", sender)
    request = {"from": sender, "to": chains.l1_block.address, "data": data, "gas": hex(1_000_000), "gasPrice": "0x0"}
    return str(net.rpc("eth_getTransactionReceipt", net.rpc("eth_sendTransaction", request))["status"])


def test_the_attributes_vector_is_read_field_by_field(chains: Chains) -> None:
    data = attributes(operator=(17, 19))
    assert data[2:82] == "098999be00000558000c5fc50000000000000003000000006553f1000000000001312d00" + data[74:82]
    assert update(chains, data) == "0x1"
    block = chains.l1_block.functions
    assert block.number().call() == 20000000
    assert block.timestamp().call() == 1700000000
    assert block.basefee().call() == GWEI
    assert block.blobBaseFee().call() == 7
    assert block.hash().call().hex() == HASH
    assert block.batcherHash().call().hex() == BATCHER
    assert block.sequenceNumber().call() == 3
    assert (block.baseFeeScalar().call(), block.blobBaseFeeScalar().call()) == (1368, 810949)
    assert (block.operatorFeeScalar().call(), block.operatorFeeConstant().call()) == (17, 19)


def test_l1_values_are_in_the_slots_that_nodes_read(chains: Chains) -> None:
    update(chains, attributes(operator=(17, 19)))
    slots = [
        int(chains.l2.rpc("eth_getStorageAt", chains.l1_block.address, hex(slot), "latest"), 16) for slot in range(9)
    ]
    assert slots == [
        1700000000 << 64 | 20000000, GWEI, int(HASH, 16), 1368 << 96 | 810949 << 64 | 3, int(BATCHER, 16), 0, 0, 7,
        17 << 64 | 19,
    ]  # fmt: skip


def test_the_ecotone_form_keeps_the_operator_fee(chains: Chains) -> None:
    update(chains, attributes(operator=(17, 19)))
    assert update(chains, attributes(base_fee=5, operator=None)) == "0x1"
    block = chains.l1_block.functions
    assert (block.basefee().call(), block.operatorFeeScalar().call()) == (5, 17)


@pytest.mark.parametrize("operator", [None, (0, 0)], ids=["Ecotone", "Isthmus"])
def test_only_the_depositor_sets_l1_values(chains: Chains, operator: tuple[int, int] | None) -> None:
    assert update(chains, attributes(operator=operator), sender=chains.alice) == "0x0"
    assert chains.l1_block.functions.number().call() == 0
    assert refusal(chains.l1_block.functions.setL1BlockValuesIsthmus(), chains.alice) == "NotDepositor"


@pytest.mark.parametrize(
    ("data", "length"),
    [(b"", 0), (b"a" * 12, 13), (b"a" * 20, 12), (bytes(512), 15), (bytes(range(256)) * 2, 273)],
    ids=["nothing", "12 equal", "20 equal", "512 zeros", "twice all bytes"],
)
def test_the_compressed_length_of_the_vectors(chains: Chains, data: bytes, length: int) -> None:
    assert fastlz_length(data) == length
    assert length_on_chain(chains, PREFIX + data) == fastlz_length(PREFIX + data)


PREFIX = random.Random(3).randbytes(150)
"""Makes data so large that its fee is not the minimum's, which hides the length."""


def length_on_chain(chains: Chains, data: bytes) -> int:
    """The compressed length, from a fee."""
    if chains.l1_block.functions.baseFeeScalar().call() != 1:
        update(chains, attributes(base_scalar=1, blob_scalar=0, base_fee=10**12))
    size: int = chains.oracle.functions.getL1Fee(data).call() // 16
    assert size > LOWEST_SIZE
    return (size + 42_585_600) // 836_500 - 68


def test_the_compressed_length_agrees_with_an_independent_count(chains: Chains) -> None:
    choice = random.Random(5)
    for _ in range(40):
        alphabet = bytes(choice.randrange(256) for _ in range(choice.choice([1, 2, 3, 8, 256])))
        data = PREFIX
        while len(data) < choice.choice([0, 200, 400, 1_000]):
            if data and choice.random() < 0.3:
                start = choice.randrange(len(data))
                data += data[start : start + choice.randrange(400)]
            data += bytes(choice.choice(alphabet) for _ in range(choice.randrange(60)))
        assert length_on_chain(chains, data) == fastlz_length(data), data.hex()


def test_a_match_is_found_up_to_8191_bytes_back(chains: Chains) -> None:
    choice = random.Random(7)
    for distance in (8190, 8191, 8192, 8193):
        needle = b"needle in a haystack"
        filler = bytes(choice.randrange(256) for _ in range(distance - len(needle)))
        data = b"xx" + needle + filler + needle + b"y" * 20
        assert length_on_chain(chains, data) == fastlz_length(data)


def test_the_fee_of_a_transaction_on_mainnet(chains: Chains) -> None:
    """A receipt of MegaETH's: the smallest size at its prices."""
    update(chains, attributes(base_scalar=1368, blob_scalar=0, base_fee=12822, blob_fee=1))
    assert chains.oracle.functions.getL1Fee(b"").call() == 0x6DA0
    assert chains.oracle.functions.getL1GasUsed(b"").call() == 0x640


@pytest.mark.parametrize("size", [0, 100, 255, 5_000])
def test_fees_follow_the_formulas(chains: Chains, size: int) -> None:
    base_scalar, blob_scalar, base_fee, blob_fee = 1368, 810949, 30 * GWEI, 3 * GWEI
    update(chains, attributes(base_scalar=base_scalar, blob_scalar=blob_scalar, base_fee=base_fee, blob_fee=blob_fee))
    price = base_scalar * 16 * base_fee + blob_scalar * blob_fee
    data = random.Random(size).randbytes(size)
    estimate = estimated_size(fastlz_length(data) + 68)
    oracle = chains.oracle.functions
    assert oracle.getL1Fee(data).call() == estimate * price // 10**12
    assert oracle.getL1GasUsed(data).call() == estimate * 16 // 10**6
    upper = size + 68
    assert oracle.getL1FeeUpperBound(size).call() == estimated_size(upper + upper // 255 + 16) * price // 10**12


def test_the_operator_fee_of_each_fork(chains: Chains) -> None:
    update(chains, attributes(operator=(250_000, 9)))
    assert chains.oracle.functions.getOperatorFee(1_000_001).call() == 1_000_001 * 250_000 // 10**6 + 9
    chains.l2.rpc("anvil_setStorageAt", chains.oracle.address, "0x0", "0x" + "01010101".rjust(64, "0"))
    assert chains.oracle.functions.getOperatorFee(1_000_001).call() == 1_000_001 * 250_000 * 100 + 9
    chains.l2.rpc("anvil_setStorageAt", chains.oracle.address, "0x0", "0x" + "0101".rjust(64, "0"))
    assert chains.oracle.functions.getOperatorFee(1_000_001).call() == 0


def test_the_gas_price_oracle_returns_l1_costs(chains: Chains) -> None:
    update(chains, attributes(base_fee=11, blob_fee=13))
    oracle = chains.oracle.functions
    assert [oracle.l1BaseFee().call(), oracle.blobBaseFee().call()] == [11, 13]
    assert [oracle.baseFeeScalar().call(), oracle.blobBaseFeeScalar().call()] == [1368, 810949]
    assert oracle.decimals().call() == oracle.DECIMALS().call() == 6
    for deprecated in ("overhead", "scalar"):
        assert refusal(oracle[deprecated](), chains.alice) == f"GasPriceOracle: {deprecated}() is deprecated"
