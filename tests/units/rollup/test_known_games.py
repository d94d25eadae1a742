"""What is kept of games and withdrawals is what the chains say, whatever happens to them."""

from __future__ import annotations

import pytest

from megadev import Devnet
from megadev.primitives.hexcodec import to_data
from megadev.rollup.games import Game, game_at, game_count, game_place, is_finalized
from megadev.rollup.predeploys import L1Addresses
from megadev.state.reader import StateReader
from megadev.testing.bridge import Bridge


def read_anew(l1: StateReader, at: L1Addresses) -> list[Game | None]:
    return [game_at(l1, at, index) for index in range(game_count(l1, at))]


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_known_games_are_those_on_l1(preset: str) -> None:
    with Devnet(preset=preset, accounts=2, challenge_window=100, prove_window=100) as net:
        bridge, driver, l1 = Bridge(net.l1, net), net.node.driver, net.node.l1
        assert driver is not None and l1 is not None

        def look() -> list[Game | None]:
            state, at = l1.sequencer.head_state(), driver.addresses
            known = net.call(lambda: list(driver.games.of(state, at)))
            assert known == read_anew(state, at)
            return known

        def status(withdrawal: str) -> str:
            return str(bridge.withdrawal(withdrawal)["status"])

        def set_l1(contract: bytes, slot: int, word: int) -> None:
            net.l1.rpc("anvil_setStorageAt", to_data(contract), hex(slot), f"0x{word:064x}")

        assert look() == []
        first = bridge.withdraw(1)
        bridge.prove(first)
        assert len(look()) == 1
        before, before_l1 = net.rpc("evm_snapshot"), net.l1.rpc("evm_snapshot")
        second = bridge.withdraw(2)
        bridge.prove(second)
        kept = look()
        assert len(kept) == 2 and kept[0] is not None and kept[1] is not None

        bridge.challenge(1)
        assert (found := look()[1]) is not None and found.is_doubted
        net.rpc("megadev_blacklistGame", 0)
        assert (found := look()[0]) is not None and found.is_blacklisted
        assert status(first) != "waiting-to-finalize"
        net.l1.rpc("anvil_reorg", {"depth": 1, "txBlockPairs": []})
        look()

        word = int(net.l1.rpc("eth_getStorageAt", to_data(kept[1].address), "0x0", "latest"), 16)
        set_l1(kept[1].address, 0, word | 1 << 192)  # outside any block: lost
        assert (found := look()[1]) is not None and found.status == 1
        net.l1.rpc("evm_mine")
        assert (found := look()[1]) is not None and found.status == 1
        factory, slot = game_place(driver.addresses, 1)
        set_l1(factory, slot, int.from_bytes(kept[0].address, "big"))
        assert (found := look()[1]) is not None and found.address == kept[0].address
        net.l1.rpc("evm_mine")
        look()
        net.rpc("megadev_retireGames")
        assert all(game is None or game.is_retired for game in look())

        net.l1.rpc("evm_revert", before_l1)
        net.rpc("evm_revert", before)
        assert len(look()) == 1
        assert status(first) == "waiting-to-finalize"
        with pytest.raises(Exception, match="no withdrawal"):
            bridge.withdrawal(second)
        assert bridge.withdraw(2) is not None
        bridge.finalize(first)
        assert is_finalized(l1.sequencer.head_state(), driver.addresses, bytes.fromhex(first[2:]))
        look()
        dump = net.l1.rpc("anvil_dumpState")
        net.l1.rpc("anvil_reset")
        look()
        net.l1.rpc("anvil_loadState", dump)
        look()
