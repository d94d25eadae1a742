"""The cases that every engine and run loop is held to: a world, a transaction, and whether it succeeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from eth_keys import keys

from megadev.evm.engine import Authorization, BlockEnv, TxEnv
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address
from tests.conformance.engine_suite.worlds import Has, asm, call, returning

CHAIN_ID = 31337
KEY = keys.PrivateKey(b"\x01" * 32)
SENDER: Address = KEY.public_key.to_canonical_address()
GWEI = 10**9
ETHER = 10**18
COINBASE = b"\xc0" * 20
CONTRACT, OTHER, THIRD, NOBODY = (bytes([n]) * 20 for n in (0xC1, 0xC2, 0xC3, 0xEE))
BLOCK = BlockEnv(300, 1_700_000_000, 2 * 10**12, COINBASE, b"\x77" * 32, GWEI, 1)
BLOCK_HASHES = {number: keccak(number.to_bytes(4, "big")) for number in range(300)}
AUTHORITY = keys.PrivateKey(b"\x02" * 32)
AUTHORITY_ADDRESS: Address = AUTHORITY.public_key.to_canonical_address()


@dataclass
class Case:
    """A world, a transaction, and what must at least be true of it (so that no case passes by doing nothing)."""

    name: str
    world: dict[Address, Has]
    tx: dict[str, Any] = field(default_factory=dict)
    succeeds: bool = True
    authorizations: tuple[Any, ...] = ()
    py_evm_is_wrong: str = ""
    is_deep: bool = False
    """Too deep for py-evm on Python 3.12, which limits how often C may call Python (py-evm's frames pass through C)."""


def at_contract(
    *code: str | int | bytes, storage: dict[int, int] | None = None, balance: int = 0
) -> dict[Address, Has]:
    return {CONTRACT: Has(balance, 1, b"".join(p if isinstance(p, bytes) else asm(p) for p in code), storage or {})}


def keep(slot: int = 0) -> bytes:
    """Store the top of the stack."""
    return asm(slot, "SSTORE")


def keep_output(size: int = 32) -> bytes:
    """Store the first words of memory and the size of the return data."""
    code = asm("RETURNDATASIZE", 99, "SSTORE")
    for i in range(0, size, 32):
        code += asm(i, "MLOAD", 100 + i, "SSTORE")
    return code


def with_input(data: bytes, *after: bytes) -> bytes:
    """Put ``data`` into memory at 0, then go on."""
    code = b""
    for i in range(0, len(data), 32):
        code += asm(data[i : i + 32].ljust(32, b"\0"), i, "MSTORE")
    return code + b"".join(after)


def precompile(number: int, data: bytes, out_size: int = 32, gas: int = 500_000) -> dict[Address, Has]:
    return at_contract(
        with_input(
            data,
            call("STATICCALL", number, gas=gas, in_size=len(data), out_size=out_size),
            keep(),
            keep_output(out_size),
        )
    )


def word(n: int) -> bytes:
    return n.to_bytes(32, "big")


BOOM = asm(0xBAD, 0, "MSTORE", 32, 0, "REVERT")
SELFDESTRUCT_TO_OTHER = asm(OTHER, "SELFDESTRUCT")
RECURSE = asm(  # count frames in slot 0, then call itself with all the gas
    0, "SLOAD", 1, "ADD", 0, "SSTORE", 0, 0, 0, 0, 0, "ADDRESS GAS CALL", 1, "SSTORE"
)  # fmt: skip
SIGNED = keys.PrivateKey(b"\x05" * 32).sign_msg_hash(keccak(b"message"))
ECRECOVER_INPUT = keccak(b"message") + word(27 + SIGNED.v) + word(SIGNED.r) + word(SIGNED.s)
G1 = word(1) + word(2)
CASES = [
    Case("a transfer to an account that exists", {OTHER: Has(5)}, {"to": OTHER, "value": ETHER}),
    Case("a transfer that creates an account", {}, {"to": NOBODY, "value": ETHER}),
    Case("a transfer of nothing creates no account", {}, {"to": NOBODY}),
    Case("a transfer to itself", {}, {"to": SENDER, "value": 7}),
    Case("a transfer to the coinbase", {}, {"to": COINBASE, "value": 7}),
    Case("data sent to nobody pays the floor", {}, {"to": NOBODY, "data": b"\x01\0" * 300, "gas_limit": 100_000}),
    Case("storage is set", at_contract(asm(5, 1, "SSTORE"))),
    Case("storage is cleared, with refund", at_contract(asm(0, 1, "SSTORE", 0, 2, "SSTORE"), storage={1: 5, 2: 6})),
    Case(
        "storage is cleared, set again and restored",
        at_contract(asm(0, 1, "SSTORE", 9, 1, "SSTORE", 5, 1, "SSTORE", 3, 2, "SSTORE", 0, 2, "SSTORE"), storage={1: 5}),
    ),
    Case("a store with too little gas left", at_contract(asm(1, 1, "SSTORE")), {"gas_limit": 23_300}, False),
    Case(
        "the floor eats the refund",
        at_contract(*[asm(0, n, "SSTORE") for n in range(1, 9)], storage=dict.fromkeys(range(1, 9), 1)),
        {"data": b"\xff" * 2000},
        py_evm_is_wrong="py-evm 0.12.1b1 caps the refund by gas that includes the floor",
    ),
    Case("an access list makes slots and accounts warm", at_contract(asm(1, "SLOAD", 2, "SLOAD", OTHER, "BALANCE")),
         {"access_list": ((CONTRACT, (1, 7)), (OTHER, ()))}),
    Case("a revert keeps its data and the remaining gas", at_contract(asm(5, 1, "SSTORE"), BOOM), {"value": 3}, False),
    Case("out of gas takes everything", at_contract(asm("JUMPDEST", 0, "JUMP")), {"gas_limit": 50_000}, False),
    Case("an invalid opcode takes everything", at_contract(asm("INVALID")), {}, False),
    Case("an unknown opcode takes everything", at_contract(b"\x0c"), {}, False),
    Case("CLZ is unknown before Osaka", at_contract(asm(5, "CLZ")), {}, False),
    Case("a jump into push data", at_contract(bytes.fromhex("600456615b5b5b00")), {}, False),
    Case("a stack underflow", at_contract(asm("ADD")), {}, False),
    Case("a stack overflow", at_contract(asm("JUMPDEST", 1, 0, "JUMP")), {}, False),
    Case("a push cut short by the end of the code", at_contract(asm(1, "POP") + b"\x61\xff")),
    Case("every word of the environment", at_contract(*[
        asm(name, slot, "SSTORE") for slot, name in enumerate(
            "ADDRESS ORIGIN CALLER CALLVALUE CALLDATASIZE CODESIZE GASPRICE RETURNDATASIZE COINBASE TIMESTAMP NUMBER "
            "PREVRANDAO GASLIMIT CHAINID SELFBALANCE BASEFEE BLOBBASEFEE PC MSIZE GAS".split())
    ]), {"value": 9, "data": b"abc"}),
    Case("the last 256 block hashes and no others", at_contract(*[
        asm(n, "BLOCKHASH", n + 1, "SSTORE") for n in (299, 298, 44, 43, 300, 0)
    ])),
    Case("arithmetic at the edges", at_contract(*[
        asm(b"\xff" * 32 if right < 0 else right, b"\x80" + bytes(31) if left < 0 else left, name, 16 * i + j, "SSTORE")
        for i, name in enumerate("SDIV SMOD DIV MOD SLT SGT SIGNEXTEND BYTE SAR SHL SHR EXP SUB MUL".split())
        for j, (left, right) in enumerate([(-1, -1), (7, -1), (-1, 3), (1, 0x80), (31, 255), (256, -1)])
    ]), {"gas_limit": 5_000_000}),
    Case("ADDMOD and MULMOD do not overflow", at_contract(
        asm(7, b"\xff" * 32, b"\xff" * 32, "ADDMOD"), keep(0), asm(7, b"\xff" * 32, b"\xff" * 32, "MULMOD"), keep(1),
        asm(0, 5, 6, "ADDMOD"), keep(2), asm(0, 5, 6, "MULMOD"), keep(3))),
    Case("copies fill with zeros beyond their source", at_contract(
        asm(40, 2, 5, "CALLDATACOPY", 70, 3, 64, "CODECOPY", 33, 1, 128, OTHER, "EXTCODECOPY", 64, 3, 1, "MCOPY"),
        *[asm(n, "MLOAD", n + 1, "SSTORE") for n in range(0, 224, 32)]) | {OTHER: Has(code=b"\x01\x02\x03\x04")},
         {"data": b"abcdef", "gas_limit": 500_000}),
    Case("MSTORE8 and KECCAK256", at_contract(asm(0x1FF, 35, "MSTORE8", 40, 3, "KECCAK256"), keep(), asm(0, 0, "KECCAK256"), keep(1))),
    Case("memory that costs more than there is", at_contract(asm(1, 1 << 40, "MSTORE")), {}, False),
    Case("memory at an absurd offset", at_contract(asm(1, b"\xff" * 32, "MSTORE")), {}, False),
    Case("copying nothing to an absurd offset is free", at_contract(asm(0, 0, b"\xff" * 32, "CALLDATACOPY", 1), keep())),
    Case("RETURNDATACOPY beyond the data", at_contract(asm(1, 0, 0, "RETURNDATACOPY")), {}, False),
    Case("a large jump table", at_contract(*[asm("JUMPDEST")] * 3000)),
    Case("logs of every size", at_contract(asm(0xABCD, 0, "MSTORE"), *[
        asm(*range(1, n + 1), 20, 16, f"LOG{n}") for n in range(5)])),
    Case("a log in a frame that reverts is gone", at_contract(call("CALL", OTHER), keep(), asm(0, 0, "LOG0"))
         | {OTHER: Has(code=asm(0, 0, "LOG0") + BOOM)}),
    # calls
    Case("a call with value to a new account", at_contract(call("CALL", NOBODY, value=5), keep(), balance=10)),
    Case("a call with value to an existing account", at_contract(call("CALL", OTHER, value=5), keep(), balance=10)
         | {OTHER: Has(1)}),
    Case("a call with more value than there is", at_contract(call("CALL", OTHER, value=11), keep(), balance=10)),
    Case("return data of a call", at_contract(call("CALL", OTHER, out_size=16), keep(), keep_output())
         | {OTHER: Has(code=asm(b"\xab" * 32, 0, "MSTORE", 32, 0, "RETURN"))}),
    Case("a call that reverts keeps its data", at_contract(call("CALL", OTHER, out_size=32), keep(), keep_output())
         | {OTHER: Has(code=asm(1, 1, "SSTORE") + BOOM)}),
    Case("a call that halts takes its gas", at_contract(call("CALL", OTHER, out_size=32), keep(), keep_output())
         | {OTHER: Has(code=asm(1, 1, "SSTORE", "INVALID"))}, {}),
    Case("a call gets all but one 64th", at_contract(call("CALL", OTHER, gas=1 << 60, out_size=32), keep(), keep_output())
         | {OTHER: Has(code=asm("GAS", 0, "MSTORE", 32, 0, "RETURN"))}),
    Case("a stipend comes with value", at_contract(call("CALL", OTHER, gas=0, value=1, out_size=32), keep(), keep_output(), balance=1)
         | {OTHER: Has(code=asm("GAS", 0, "MSTORE", 32, 0, "RETURN"))}),
    Case("DELEGATECALL runs here as the caller", at_contract(call("DELEGATECALL", OTHER), keep(9))
         | {OTHER: Has(code=asm("CALLER", 1, "SSTORE", "CALLVALUE", 2, "SSTORE", "ADDRESS", 3, "SSTORE"))}, {"value": 4}),
    Case("CALLCODE runs here as this contract", at_contract(call("CALLCODE", OTHER, value=2), keep(9), balance=3)
         | {OTHER: Has(code=asm("CALLER", 1, "SSTORE", "CALLVALUE", 2, "SSTORE", "ADDRESS", 3, "SSTORE"))}, {"value": 4}),
    *[
        Case(f"a static call forbids {name}", at_contract(call("STATICCALL", OTHER, gas=60_000), keep())
             | {OTHER: Has(7, code=code)})
        for name, code in {
            "SSTORE": asm(1, 1, "SSTORE"), "LOG": asm(0, 0, "LOG0"), "CREATE": asm(0, 0, 0, "CREATE"),
            "CREATE2": asm(0, 0, 0, 0, "CREATE2"), "SELFDESTRUCT": asm(1, "SELFDESTRUCT"), "TSTORE": asm(1, 1, "TSTORE"),
            "a call with value": call("CALL", THIRD, value=1, gas=1000),
            "writes further down": call("CALL", THIRD, gas=9000) + asm(0, "MSTORE", 32, 0, "REVERT"),
        }.items()
    ],
    Case("EXTCODE of what is there and what is not", at_contract(
        *[asm(a, "EXTCODESIZE") + keep(i) + asm(a, "EXTCODEHASH") + keep(10 + i) + asm(a, "BALANCE") + keep(20 + i)
          for i, a in enumerate((OTHER, NOBODY, SENDER, COINBASE, b"\x01"))]) | {OTHER: Has(5, 1, b"\x60\x00")},
        {"gas_limit": 1_000_000}),
    Case("1,024 frames deep and no further", at_contract(RECURSE), {"gas_limit": 10**12}, is_deep=True),
    # creations
    Case("a contract is created", {}, {"to": None, "data": returning(asm(1, 1, "SSTORE")), "value": 5}),
    Case("an empty contract is created", {}, {"to": None, "data": b""}),
    Case("a creation that reverts", {}, {"to": None, "data": asm(1, 1, "SSTORE") + BOOM}, False),
    Case("a creation over a contract that is there", {
        keccak(b"\xd6\x94" + SENDER + b"\x80")[12:]: Has(1, 1, b"\x00")}, {"to": None, "data": returning(b"\x00")}, False),
    Case("a creation onto a funded address", {
        keccak(b"\xd6\x94" + SENDER + b"\x80")[12:]: Has(123)}, {"to": None, "data": returning(b"\x00")}),
    Case("a creation onto storage (EIP-7610)", {
        keccak(b"\xd6\x94" + SENDER + b"\x80")[12:]: Has(123, 0, b"", {1: 5})}, {"to": None, "data": returning(b"\x00")}, False,
        py_evm_is_wrong="py-evm does not know EIP-7610"),
    Case("CREATE onto storage (EIP-7610)", {
        **at_contract(asm(0, 0, 0, "CREATE"), keep(), keep_output()),
        keccak(b"\xd6\x94" + CONTRACT + b"\x01")[12:]: Has(123, 0, b"", {1: 5})}, {"gas_limit": 10**6},
        py_evm_is_wrong="py-evm does not know EIP-7610"),
    Case("code of 24,576 bytes", {}, {"to": None, "data": asm(24_576, 0, "RETURN"), "gas_limit": 20_000_000}),
    Case("code of 24,577 bytes", {}, {"to": None, "data": asm(24_577, 0, "RETURN"), "gas_limit": 20_000_000}, False),
    Case("code that begins with 0xef", {}, {"to": None, "data": returning(b"\xef\x00")}, False),
    Case("too little gas to store the code", {}, {"to": None, "data": asm(5000, 0, "RETURN")}, False),
    *[
        Case(f"{kind} {what}", at_contract(
            with_input(init.rjust(32, b"\0")), asm(*([77] if kind == "CREATE2" else []), len(init), 32 - len(init), value, kind),
            keep(), keep_output(), asm("ADDRESS", "EXTCODESIZE"), keep(5), balance=10), {"gas_limit": 10**7})
        for kind in ("CREATE", "CREATE2")
        for what, init, value in (
            ("of a small contract", returning(b"\x5f"), 3),
            ("with too much value", returning(b"\x5f"), 11),
            ("that reverts", asm(1, 1, "SSTORE") + asm(5, 0, "MSTORE", 32, 0, "REVERT"), 3),
            ("that halts", asm(1, 1, "SSTORE", "INVALID"), 3),
            ("with storage", returning(b"\x5f", asm(1, 1, "SSTORE")), 0),
        )
    ],
    Case("CREATE2 twice at one address", at_contract(*[
        asm(7, 0, 0, 0, "CREATE2") + keep(i) for i in (1, 2)]), {"gas_limit": 3_000_000}),
    Case("CREATE with creation code over the limit", at_contract(asm(49_153, 0, 0, "CREATE")), {"gas_limit": 9_000_000}, False),
    Case("a counterfactual address is warm once created", at_contract(
        asm(0, 0, 0, "CREATE", "DUP1", "BALANCE", "POP", "EXTCODEHASH"), keep())),
    # selfdestruct
    Case("SELFDESTRUCT of an old contract only sends its ether", at_contract(SELFDESTRUCT_TO_OTHER, balance=9, storage={1: 1})),
    Case("SELFDESTRUCT to itself of an old contract changes nothing", at_contract(asm("ADDRESS SELFDESTRUCT"), balance=9)),
    Case("SELFDESTRUCT during creation", {}, {"to": None, "data": SELFDESTRUCT_TO_OTHER, "value": 5}),
    Case("SELFDESTRUCT to itself during creation burns", {}, {"to": None, "data": asm("ADDRESS SELFDESTRUCT"), "value": 5}),
    Case("SELFDESTRUCT in the transaction that created it", at_contract(
        with_input(returning(asm(OTHER, "SELFDESTRUCT"))), asm(len(returning(asm(OTHER, "SELFDESTRUCT"))), 0, 2, "CREATE"),
        asm(0, 0, 0, 0, 1, "DUP6", 50_000, "CALL"), keep(), asm("DUP1", "EXTCODESIZE"), keep(1), balance=10)),
    Case("SELFDESTRUCT in a frame that reverts", at_contract(call("CALL", OTHER), keep())
         | {OTHER: Has(5, code=call("CALL", THIRD) + BOOM), THIRD: Has(6, code=asm(NOBODY, "SELFDESTRUCT"))}),
    # transient storage
    Case("transient storage lives as long as the transaction", at_contract(
        asm(5, 1, "TSTORE"), call("CALL", OTHER), asm("POP", 1, "TLOAD"), keep(1)) | {OTHER: Has(code=asm(1, "TLOAD") + keep(1))}),
    Case("transient storage is undone with its frame", at_contract(
        asm(4, 1, "TSTORE"), call("DELEGATECALL", OTHER), asm("POP", 1, "TLOAD"), keep(1))
        | {OTHER: Has(code=asm(5, 1, "TSTORE") + BOOM)}),
    # precompiles
    Case("ecrecover", precompile(1, ECRECOVER_INPUT)),
    Case("ecrecover of nonsense", precompile(1, b"\x01" * 128)),
    Case("sha256", precompile(2, b"hello")),
    Case("ripemd160", precompile(3, b"hello")),
    Case("identity", precompile(4, b"hello" * 20, 96)),
    Case("modexp", precompile(5, word(1) + word(2) + word(1) + b"\x03\x01\x00\xfb")),
    Case("modexp of nothing", precompile(5, b"")),
    Case("modexp of large numbers", precompile(5, word(64) + word(40) + word(64) + b"\xab" * 168, 64)),
    Case("bn254 addition", precompile(6, G1 + G1, 64)),
    Case("bn254 addition off the curve", precompile(6, word(1) + word(3), 64)),
    Case("bn254 multiplication", precompile(7, G1 + word(12345), 64)),
    Case("bn254 pairing of nothing", precompile(8, b"")),
    Case("blake2f", precompile(9, (12).to_bytes(4, "big") + bytes(range(208)) + b"\x01", 64)),
    Case("blake2f with a bad flag", precompile(9, (12).to_bytes(4, "big") + bytes(208) + b"\x02", 64)),
    Case("point evaluation of nonsense", precompile(10, b"\x01" * 192, 64)),
    Case("BLS12-381 addition of infinity", precompile(11, bytes(256), 128)),
    Case("BLS12-381 addition of a bad length", precompile(11, bytes(255), 128)),
    Case("BLS12-381 multiplication of infinity", precompile(12, bytes(160), 128)),
    Case("BLS12-381 G2 addition of infinity", precompile(13, bytes(512), 256)),
    Case("a precompile with too little gas", precompile(2, b"hello", gas=71)),
    Case("a precompile as the recipient", {}, {"to": word(4)[12:], "data": b"echo", "value": 3}),
    # delegations and blobs
    Case("a delegation is made and runs", {OTHER: Has(code=asm("ADDRESS", 1, "SSTORE"))}, {"to": AUTHORITY_ADDRESS},
         authorizations=((OTHER, 0, CHAIN_ID),)),
    Case("a delegation outlives a revert", {OTHER: Has(code=BOOM), AUTHORITY_ADDRESS: Has(5)}, {"to": AUTHORITY_ADDRESS}, False,
         authorizations=((OTHER, 0, 0),)),
    Case("a delegation for another chain or nonce is skipped", {AUTHORITY_ADDRESS: Has(5)}, {"to": NOBODY},
         authorizations=((OTHER, 0, 5), (OTHER, 3, 0))),
    Case("a delegation is taken back", {AUTHORITY_ADDRESS: Has(5, 7, b"\xef\x01\x00" + OTHER)}, {"to": NOBODY},
         authorizations=((bytes(20), 7, 0),)),
    Case("a delegated account is called and looked at", at_contract(
        call("CALL", AUTHORITY_ADDRESS, gas=60_000), keep(1), asm(AUTHORITY_ADDRESS, "EXTCODESIZE"), keep(2),
        asm(AUTHORITY_ADDRESS, "EXTCODEHASH"), keep(3), asm(23, 0, 0, AUTHORITY_ADDRESS, "EXTCODECOPY", 0, "MLOAD"), keep(4))
        | {AUTHORITY_ADDRESS: Has(5, 7, b"\xef\x01\x00" + OTHER), OTHER: Has(code=asm(1, 1, "SSTORE"))}, {"gas_limit": 500_000}),
    Case("a delegation to a precompile runs nothing", at_contract(call("CALL", AUTHORITY_ADDRESS, in_size=32, out_size=32), keep())
         | {AUTHORITY_ADDRESS: Has(5, 7, b"\xef\x01\x00" + word(4)[12:])}),
    Case("a delegation to a delegation halts", {
        OTHER: Has(5, 1, b"\xef\x01\x00" + THIRD), AUTHORITY_ADDRESS: Has(5, 7, b"\xef\x01\x00" + OTHER)},
        {"to": AUTHORITY_ADDRESS}, False),
    Case("blobs are paid for and seen", at_contract(asm(0, "BLOBHASH"), keep(), asm(1, "BLOBHASH"), keep(1), asm("BLOBBASEFEE"), keep(2)),
         {"blob_versioned_hashes": (b"\x01" + b"\xbb" * 31,), "max_fee_per_blob_gas": 10}),
]  # fmt: skip


def transaction(case: Case) -> TxEnv:
    return TxEnv(
        **{
            "sender": SENDER,
            "to": CONTRACT,
            "gas_limit": 1_000_000,
            "gas_price": 2 * GWEI,
            "max_fee_per_gas": 3 * GWEI,
            "authorizations": tuple(
                Authorization(chain_id, target, nonce, AUTHORITY_ADDRESS)
                for target, nonce, chain_id in case.authorizations
            ),
            **case.tx,
        }
    )


def world_of(case: Case) -> dict[Address, Has]:
    """The case's world, with a rich sender."""
    return {SENDER: Has(10**6 * ETHER), **case.world}


def _p256(message: bytes, *, spoil: int = 0) -> bytes:
    """Input of P256VERIFY, signed by a fixed key; ``spoil`` is added to s."""
    from megadev.evm.engines.precompiles.p256 import G, N, P, _add, _double

    def multiply(k: int) -> tuple[int, int]:
        total, point = (1, 1, 0), (*G, 1)
        while k:
            if k & 1:
                total = _add(total, point)
            point, k = _double(point), k >> 1
        inverse = pow(total[2], -1, P)
        return total[0] * inverse**2 % P, total[1] * inverse**3 % P

    secret, k = 0x1234567890ABCDEF, 0xFEDCBA987654321
    r = multiply(k)[0] % N
    s = (int.from_bytes(message, "big") + r * secret) * pow(k, -1, N) % N
    x, y = multiply(secret)
    return message + word(r) + word((s + spoil) % N) + word(x) + word(y)


_P256 = _p256(keccak(b"message"))
_P256_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_P256_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
OSAKA_CASES = [
    Case("CLZ", at_contract(*[
        asm(n, "CLZ") + keep(slot) for slot, n in enumerate((0, 1, 2, 255, 1 << 128, (1 << 255) - 1, 1 << 255))])),
    Case("CLZ of an empty stack", at_contract(asm("CLZ")), {}, False),
    Case("P256VERIFY of a signature", precompile(0x100, _P256)),
    Case("P256VERIFY of a spoilt signature", precompile(0x100, _p256(keccak(b"message"), spoil=1))),
    Case("P256VERIFY of another message", precompile(0x100, keccak(b"other") + _P256[32:])),
    Case("P256VERIFY of a bad length", precompile(0x100, _P256[:-1])),
    Case("P256VERIFY with r = 0", precompile(0x100, _P256[:32] + word(0) + _P256[64:])),
    Case("P256VERIFY with s = n", precompile(0x100, _P256[:64] + word(_P256_N) + _P256[96:])),
    Case("P256VERIFY with the key at infinity", precompile(0x100, _P256[:96] + bytes(64))),
    Case("P256VERIFY with the key off the curve", precompile(0x100, _P256[:128] + word(5))),
    Case("P256VERIFY with x beyond the field", precompile(0x100, _P256[:96] + word(_P256_P) + _P256[128:])),
    Case("P256VERIFY with too little gas", precompile(0x100, _P256, gas=6899)),
    Case("MODEXP at the limit", precompile(5, word(1024) + word(1) + word(1) + b"\x05" * 1026)),
    Case("MODEXP over the limit", precompile(5, word(1025) + word(1) + word(1) + b"\x05" * 1027), {"gas_limit": 10**7}),
    Case("MODEXP with a long exponent", precompile(5, word(8) + word(100) + word(8) + b"\x05" * 116)),
    Case("MODEXP with a modulus over 32 bytes", precompile(5, word(33) + word(3) + word(33) + b"\x05" * 69, 64)),
]  # fmt: skip
