"""Kills nodes with a store at random moments, and compares what comes back with a node that was never stopped.

A child process with a node takes random steps and says of each, before, which it is and, after, up to where the chains
are durable. It is killed (SIGKILL) at a random moment; the node that is opened in its place has to be what a *model*, a
node without a store that takes the same steps, was after one of those: with ``block`` after the last that was answered
or the one after it; with ``interval`` after one that is not behind what was said to be durable. It goes on from there.

Run as a program: ``python -m tests.stage.crashing --kills 300``. Processes are forked here and not from pytest: nothing
else may run in a process that is.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from megadev import Devnet
from tests.conftest import REPOSITORY
from tests.stage.told import told

Step = tuple[int, str, list[Any]]
"""Which chain (0: L2, 1: L1), method and parameters."""

START = 1_700_000_000
SOMEBODY = "0x00000000000000000000000000000000000a11ce"
MESSAGE_PASSER = "0x4200000000000000000000000000000000000016"
KILLS_PER_STORE = 10
"""After so many the chain begins anew, so that it stays short."""
MOST_STEPS, MOMENT = 12, 0.01
"""How many steps a node may take until it is killed, so many seconds later at most: in the middle of anything."""
KILL_SECONDS = 30
"""Far more than one of them takes."""
REMOVING = ("anvil_rollback", "anvil_reorg", "anvil_reset")


class Unlike(AssertionError):
    """What came back is nothing that the node ever was, or less than it promised."""


def open_node(preset: str, store: Path | None, durability: str) -> Devnet:
    """A node whose clock stands, so that the same steps make the same chain. ``store``: None, the model."""
    quiet = {} if preset == "dev" else {"block_time": None, "mini_block_time": None}
    kept = {} if store is None else {"state": store, "durability": durability, "durability_interval": 0.01}
    return Devnet(
        preset=preset, manual_clock=True, timestamp=START, accounts=4, batch=True, propose_every=8, **quiet, **kept
    )


def draw(random: random.Random, users: list[str], portal: str) -> Step:
    """A step of any kind."""
    sender, other = random.sample(users, 2)
    value, chain = hex(random.randrange(1, 10**12)), random.randrange(2)
    pay = {"from": sender, "to": other, "value": value}
    kind = random.randrange(20)
    if kind < 7:
        return chain, "eth_sendTransaction", [pay]
    others: list[Step] = [
        (1, "eth_sendTransaction", [{**pay, "to": portal}]),
        (0, "eth_sendTransaction", [{**pay, "to": MESSAGE_PASSER, "gas": "0x30d40"}]),
        (
            chain,
            "eth_sendTransaction",
            [{"from": sender, "data": "0x602a600155600160005360016000f3", "gas": "0x30d40"}],
        ),
        (chain, "eth_sendTransaction", [{**pay, "nonce": hex(random.randrange(1_000, 2_000))}]),
        (chain, "anvil_mine", [hex(random.randrange(1, 6))]),
        (chain, "anvil_mine", ["0x600"]),
        (0, "megadev_batcher_flush", []),
        (chain, "anvil_setBalance", [SOMEBODY, value]),
        (chain, "anvil_setStorageAt", [SOMEBODY, hex(random.randrange(4)), "0x" + value[2:].zfill(64)]),
        (0, "evm_increaseTime", [random.randrange(1, 5_000)]),
        (0, "anvil_setCoinbase", [random.choice(users)]),
        (0, "anvil_setNextBlockBaseFeePerGas", [hex(10**9 + random.randrange(1_000))]),
        (0, "anvil_setBlockTimestampInterval", [random.randrange(1, 4)]),
        (0, "anvil_impersonateAccount", [random.choice((SOMEBODY, portal))]),
        (0, "anvil_stopImpersonatingAccount", [SOMEBODY]),
        (0, "megadev_sequencer_rotateKey", [{"key": "0x" + value[2:].zfill(64)}]),
        (0, "megadev_sequencer_censor", [random.sample(users, 1)]),
        (0, "megadev_sequencer_behave", []),
        (chain, "anvil_rollback", [hex(random.randrange(1, 3))]),
        (0, "anvil_reorg", [1, []]),
        (0, "anvil_dropAllTransactions", []),
    ]
    return random.choice(others)


def take(net: Devnet, step: Step) -> None:
    """Take a step; one that is refused is refused on every node."""
    chain, method, parameters = step
    with contextlib.suppress(Exception):
        net.endpoints[chain].rpc(method, *parameters)


def told_of(net: Devnet) -> dict[str, Any]:
    """What a node tells, as JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(told(net), default=repr))
    return plain


def live(preset: str, store: Path, durability: str, seed: int, pipe: int) -> None:
    """A node's life: say what it began as, and take steps until it is killed."""

    def say(kind: str, content: Any) -> None:
        os.write(pipe, json.dumps([kind, content]).encode() + b"\n")

    with open_node(preset, store, durability) as net:
        say("began", told_of(net))
        users = [account.address for account in net.accounts]
        portal = net.l1.rpc("megadev_chainConfig")["l1"]["contracts"]["portal"]["address"]
        drawn = random.Random(seed)
        while True:
            step = draw(drawn, users, portal)
            say("step", step)
            take(net, step)
            durable = net.rpc("megadev_durable")
            say("durable", [int(durable["l2"] or "0x0", 16), int(durable["l1"] or "0x0", 16)])


def spawn_and_kill(drawn: random.Random, preset: str, store: Path, durability: str) -> list[list[Any]]:
    """Let a node live for a while, and kill it; what it said."""
    read, write = os.pipe()
    seed, lines, seconds = drawn.randrange(2**32), drawn.randrange(1, MOST_STEPS * 2), drawn.random() * MOMENT
    child = os.fork()
    if not child:
        os.close(read)
        try:
            live(preset, store, durability, seed, write)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    os.close(write)
    said = b""
    with open(read, "rb", buffering=0) as pipe:
        while said.count(b"\n") < lines and (more := pipe.read(65536)):
            said += more
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        while more := pipe.read(65536):
            said += more
    os.waitpid(child, 0)
    return [json.loads(line) for line in said.splitlines(keepends=True) if line.endswith(b"\n")]


def find(model: Devnet, began: dict[str, Any], steps: list[Step], answered: int, durability: str) -> int:
    """Take the steps of the last life on the model until it is what came back; how many that took. Raises ``Unlike``."""
    first = answered if durability == "block" else 0
    others: list[dict[str, Any]] = []
    for count in range(len(steps) + 1):
        if count:
            take(model, steps[count - 1])
        if count >= first:
            now = told_of(model)
            if now == began:
                return count
            others.append({name: (began[name], value) for name, value in now.items() if began[name] != value})
    nearest = min(others, key=len)
    raise Unlike(f"what came back is none of what was so in {steps[first:]}, but for {nearest} (back, then)")


def crash(kills: int, seed: int, preset: str, durability: str) -> dict[str, int]:
    """Kill nodes so many times. Raises ``Unlike``."""
    drawn = random.Random(seed)
    taken = lost = done = 0
    while done < kills:
        with tempfile.TemporaryDirectory() as folder, open_node(preset, None, durability) as model:
            steps: list[Step] = []
            promised = [0, 0]
            answered = 0
            for _ in range(KILLS_PER_STORE):
                said = spawn_and_kill(drawn, preset, Path(folder), durability)
                if not said or said[0][0] != "began":
                    raise Unlike(f"the store was not opened again; seed {seed}")
                count = find(model, said[0][1], steps, answered, durability)
                heads = [chain.head.number for chain in model.node.chains]
                removes = any(step[1] in REMOVING for step in steps[answered:])
                if not removes and any(has < had for has, had in zip(heads, promised, strict=True)):
                    raise Unlike(f"{promised} were durable, and {heads} came back; seed {seed}")
                taken, lost = taken + count, lost + answered - min(count, answered)
                steps = [(chain, method, parameters) for kind, (chain, method, parameters) in _of("step", said)]
                durable = [content for _, content in _of("durable", said)]
                answered, promised = len(durable), durable[-1] if durable else heads
                done += 1
    return {"kills": done, "steps": taken, "lost": lost}


def crashed(kills: int, preset: str, durability: str, seed: int = 1) -> dict[str, int]:
    """``crash`` in a process of its own."""
    program = [sys.executable, "-m", "tests.stage.crashing", "--preset", preset, "--durability", durability]
    run = subprocess.run(
        [*program, "--kills", str(kills), "--seed", str(seed)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=KILL_SECONDS * kills,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "lost" not in run.stderr, run.stderr
    counts: dict[str, int] = json.loads(run.stdout)
    return counts


def _of(kind: str, said: list[list[Any]]) -> list[tuple[str, Any]]:
    return [(which, content) for which, content in said if which == kind]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--preset", default="dev")
    parser.add_argument("--durability", default="block")
    options = parser.parse_args()
    json.dump(crash(options.kills, options.seed, options.preset, options.durability), sys.stdout)
    print()


if __name__ == "__main__":
    main()
