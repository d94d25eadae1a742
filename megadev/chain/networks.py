"""Live networks megadev knows: which of its rules hold there at a given time, and what its rules do not cover.

Chain ids and fork times are those of go-ethereum's ``params/config.go`` (``PragueTime``, ``OsakaTime``, ``BPO1Time``,
``BPO2Time`` of each ``ChainConfig``) and, for OP Stack chains, of the superchain registry
(``superchain/configs/{mainnet,sepolia}/{op,base}.toml`` and ``superchain.toml``; Karst's times are in the releases of
op-node v1.19.1 and Nethermind 1.38.1). Base goes its own way since Azul (docs.base.org, "Azul": Activation Timestamps).
MegaETH's are those of its specification's "Network upgrades", from the
oldest spec on that megadev has.
"""

from __future__ import annotations

import msgspec

from megadev.chain.blocks import Header
from megadev.chain.spec import SEQUENCER_FEE_VAULT, FeeRules, Fork, fork_named


class Network(msgspec.Struct, frozen=True):
    """A live network. ``forks``: the time (seconds) from which each rule set holds, oldest first. ``note``: what a fork
    of it should know. ``constant_base_fee``: it stays what it is, whatever blocks hold.
    """

    name: str
    forks: tuple[tuple[int, str], ...]
    is_op: bool = False
    note: str = ""
    constant_base_fee: bool = False


# Bedrock, Canyon, Ecotone, Isthmus and Karst (on Base: Azul) brought what Paris, Shanghai, Cancun, Prague and Osaka
# brought to Ethereum
_OP_MAINNET = (
    (1_686_068_903, "paris"),
    (1_704_992_401, "shanghai"),
    (1_710_374_401, "cancun"),
    (1_746_806_401, "prague"),
)
_OP_SEPOLIA = ((0, "paris"), (1_699_981_200, "shanghai"), (1_708_534_800, "cancun"), (1_744_905_600, "prague"))

NETWORKS: dict[int, Network] = {
    1: Network(
        "Ethereum",
        (
            (1_628_166_822, "london"),
            (1_663_224_179, "paris"),
            (1_681_338_455, "shanghai"),
            (1_710_338_135, "cancun"),
            (1_746_612_311, "prague"),
            (1_764_798_551, "osaka"),
            (1_765_290_071, "bpo1"),
            (1_767_747_671, "bpo2"),
        ),
    ),
    11_155_111: Network(
        "Sepolia",
        (
            (0, "paris"),
            (1_677_557_088, "shanghai"),
            (1_706_655_072, "cancun"),
            (1_741_159_776, "prague"),
            (1_760_427_360, "osaka"),
            (1_761_017_184, "bpo1"),
            (1_761_607_008, "bpo2"),
        ),
    ),
    17_000: Network(
        "Holesky",
        (
            (0, "paris"),
            (1_696_000_704, "shanghai"),
            (1_707_305_664, "cancun"),
            (1_740_434_112, "prague"),
            (1_759_308_480, "osaka"),
            (1_759_800_000, "bpo1"),
            (1_760_389_824, "bpo2"),
        ),
    ),
    560_048: Network(
        "Hoodi",
        (
            (0, "cancun"),
            (1_742_999_832, "prague"),
            (1_761_677_592, "osaka"),
            (1_762_365_720, "bpo1"),
            (1_762_955_544, "bpo2"),
        ),
    ),
    10: Network("OP Mainnet", (*_OP_MAINNET, (1_783_526_401, "osaka")), is_op=True),
    8_453: Network("Base", (*_OP_MAINNET, (1_779_991_200, "osaka")), is_op=True),
    11_155_420: Network("OP Sepolia", (*_OP_SEPOLIA, (1_781_712_001, "osaka")), is_op=True),
    84_532: Network("Base Sepolia", (*_OP_SEPOLIA, (1_776_708_000, "osaka")), is_op=True),
    4_326: Network(
        "MegaETH",
        ((1_776_659_200, "rex4"), (1_780_632_000, "rex5"), (1_787_626_800, "rex6")),
        is_op=True,
        constant_base_fee=True,
    ),
    6_343: Network(
        "MegaETH Testnet",
        ((1_776_400_000, "rex4"), (1_780_459_200, "rex5"), (1_786_330_800, "rex6")),
        is_op=True,
        constant_base_fee=True,
    ),
}
"""By chain id."""
LOCAL = frozenset({31_337, 1_337, 900, 901, 432_631_337})
"""Chain ids of local development nodes, which run what they are told to."""


def rules_at(chain_id: int, timestamp: int, said: str | None, default: str) -> tuple[Fork, tuple[str, ...]]:
    """The rules for a fork of ``chain_id`` at ``timestamp``, and warnings. ``said``: what the user asked for, which
    wins; ``default``: what holds where nothing is known. Raises ``ConfigError`` for an unknown rule set.
    """
    network = NETWORKS.get(chain_id)
    if said is not None or chain_id in LOCAL:
        notes = (f"{network.name}: {network.note}",) if network is not None and network.note else ()
        return fork_named(said or default), notes
    if network is None:
        return fork_named(default), (
            f"unknown chain id {chain_id}: using Ethereum's {default} rules; choose others with --hardfork (or --spec)",
        )
    warnings = [f"{network.name}: {network.note}"] if network.note else []
    active = [name for since, name in network.forks if timestamp >= since]
    if not active:
        first = network.forks[0][1].capitalize()
        warnings.append(
            f"the block is older than {network.name}'s {first}, and megadev has no older rules: {first}'s are used"
        )
    return fork_named(active[-1] if active else network.forks[0][1]), tuple(warnings)


def knows_rules(chain_id: int, timestamp: int) -> bool:
    """True if what ran on that chain then can be run again here with the same outcome, as far as is known."""
    return not rules_at(chain_id, timestamp, None, "prague")[1]


def network_of(chain_id: int, header: Header) -> Network | None:
    """The network that a fork of ``header``'s block is of; one that is not listed is known for an OP chain by whom its
    blocks pay (OP Stack specification, "Predeploys": SequencerFeeVault).
    """
    network = NETWORKS.get(chain_id)
    if network is None and chain_id not in LOCAL and header.coinbase == SEQUENCER_FEE_VAULT:
        return Network(f"chain {chain_id}", ((0, "prague"),), is_op=True)
    return network


def op_note(chain_id: int, header: Header) -> tuple[str, ...]:
    """Returns a note about an OP chain's features that megadev does not implement: a header of Jovian has a version 1
    in its extra data (OP Stack specification, "Jovian: Execution Engine").
    """
    network = network_of(chain_id, header)
    if network is None or not network.is_op or len(header.extra_data) < 17 or header.extra_data[0] != 1:
        return ()
    return (f"{network.name}: Jovian's minimum base fee and data footprint are not implemented yet",)


def fee_rules_of(chain_id: int, header: Header, usual: FeeRules) -> FeeRules:
    """Returns the rules of the base fee: those in an OP chain's blocks (Holocene: version 0 or 1, denominator and
    elasticity in the header's extra data), otherwise ``usual``.
    """
    network = network_of(chain_id, header)
    extra = header.extra_data
    if network is None or not network.is_op or len(extra) < 9 or extra[0] > 1:
        return usual
    denominator, elasticity = int.from_bytes(extra[1:5], "big"), int.from_bytes(extra[5:9], "big")
    if not denominator or not elasticity:
        denominator, elasticity = 250, 6
    constant = header.base_fee if network.constant_base_fee else None
    return FeeRules(usual.initial_base_fee, elasticity, denominator, constant, 0)
