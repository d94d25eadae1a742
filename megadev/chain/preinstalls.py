"""Well-known contracts of public networks that are not ours to ship: where they stand, and files that hold their code.

A user has the code fetched from a network of their choice (``megadev preinstalls fetch``) and laid into genesis
(``--preinstalls FILE``). Such a file is a genesis document with nothing but ``alloc``, as geth writes it, so that
another chain's genesis file serves as well.
"""

from __future__ import annotations

from megadev.primitives.types import Address

PREINSTALLS: dict[str, Address] = {
    name: bytes.fromhex(address)
    for name, address in {
        "Permit2": "000000000022d473030f116ddee9f6b43ac78ba3",
        "CreateX": "ba5ed099633d3b313e4d5f7bdc1305d3c28ba5ed",
        "EntryPoint 0.6": "5ff137d4b0fdcd49dca30c7cf57e578a026d2789",
        "SenderCreator 0.6": "7fc98430eaedbb6070b35b39d798725049088348",
        "EntryPoint 0.7": "0000000071727de22e5e9d8baf0edac6f37da032",
        "SenderCreator 0.7": "efc2c1444ebcc4db75e7613d20c6a62ff67a167c",
        "SafeSingletonFactory": "914d7fec6aac8cd542e72bca78b30650d45643d7",
        "Safe 1.3.0": "69f4d1788e39c87893c980c06edf4b7f686e2938",
        "SafeL2 1.3.0": "fb1bffc9d739b8d520daf37df666da4c687191ea",
        "MultiSend 1.3.0": "998739bfdaadde7c933b942a68053933098f9eda",
        "MultiSendCallOnly 1.3.0": "a1dabef33b3b82c7814b6d82a79e50f4ac44102b",
        "Safe 1.4.1": "41675c099f32341bf84bfc5382af534df5c7461a",
        "SafeL2 1.4.1": "29fcb43b46531bca003ddc8fcb67ffe91900c762",
        "SafeProxyFactory 1.4.1": "4e1dcf7ad4e460cfd30791ccc4f9c8a4f820ec67",
        "CompatibilityFallbackHandler 1.4.1": "fd0732dc9e303f09fcef3a7388ad10a83459ec99",
        "MultiSend 1.4.1": "38869bf66a61cf6bdb996a6ae40d5853fd43b526",
        "MultiSendCallOnly 1.4.1": "9641d764fc13c8b624c04430c7356c1c7c8102e2",
    }.items()
}
"""Address by name, as ERC-4337, Permit2, CreateX and Safe's deployments publish them."""
