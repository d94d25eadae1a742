"""From a saved file to a changed chain, and what is said about it on the way.

One thread watches, compiles and runs scripts; everything that looks at the chain or changes it is handed over to the
writer's thread and is quick. What happened is told as ``Notice`` values, for a terminal, and published as
``ContractsReloaded``, for dApps.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from megadev.artifacts.formats import NotAnArtifact
from megadev.clock import SystemClock
from megadev.errors import ConfigError, InvalidParams, MegadevError, ReloadRefused
from megadev.events import BlockSealed, ContractReload, ContractsReloaded, Event
from megadev.node.node import Node
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.types import Address
from megadev.reload import abi_files
from megadev.reload.apply import apply
from megadev.reload.compiler import CompileFailed, Compiler
from megadev.reload.contracts import Build, Contract, read_document
from megadev.reload.deployed_code import filling_of
from megadev.reload.deployments import Deployed, Versions, creations, named
from megadev.reload.plan import Action, Plan, Policy, Situation, make_plan
from megadev.reload.watcher import Changes, Watcher

AUTO, ASK, DRY_RUN = "auto", "ask", "dry-run"
UNDO_KEPT = 50
"""Reloads that can be undone."""
monotonic_ns = SystemClock().monotonic_ns
"""How long things take is shown to people; it decides nothing on the chain, so no clock is injected."""


@dataclass(frozen=True, slots=True)
class ReloadSettings:
    """How to reload. ``mode``: auto, ask or dry-run. ``manifest``: a file with contracts by address. ``script``: a
    shell command."""

    mode: str = AUTO
    policy: Policy = Policy.REFUSE
    script: str | None = None
    manifest: Path | None = None
    abi_out: Path | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be shown. ``kind``: watching, deployed, failed, plan, refused, reloaded, undone, script."""

    kind: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Done:
    """A reload that can be undone. ``contracts``: what was put where."""

    number: int
    snapshot: int
    contracts: dict[Address, Contract]


class Reloader:
    """Hot reload of one node's L2. ``on_writer`` runs a function on the writer's thread and returns what it returns;
    ``tell`` is called on any thread; ``url`` is where scripts find the node.
    """

    def __init__(
        self,
        node: Node,
        root: Path,
        compilers: Sequence[Compiler],
        settings: ReloadSettings,
        *,
        on_writer: Callable[[Callable[[], Any]], Any],
        tell: Callable[[Notice], None] = lambda notice: None,
        url: Callable[[], str] = lambda: "",
    ) -> None:
        self._node = node
        self._root = root.resolve()
        self._compilers = tuple(compilers)
        self._settings = settings
        self._on_writer = on_writer
        self.tell = tell
        self._url = url
        self._versions = Versions()
        self._build: Build = {}
        self._changed: set[str] = set()
        self._held: dict[Address, Contract] = {}
        self._done: list[_Done] = []
        self._number = 0
        self._seen: set[tuple[Address, str]] = set()
        self._compiled: set[str] = set()
        self._changes = Changes()
        self._scripts: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._watcher: Watcher | None = None
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._stopped = False
        self.ready = threading.Event()
        """Set when the project was compiled for the first time, whether or not it could be."""

    # -- the thread that compiles -----------------------------------------------------------------------------------

    def start(self) -> Reloader:
        """Watch from now on. Raises ``ConfigError`` where that cannot be done."""
        folders = [folder for compiler in self._compilers for folder in compiler.folders]
        self._watcher = Watcher(folders, self._is_of_interest, self._changes.add)
        self._watcher.start()
        self._unsubscribe = self._node.l2.bus.subscribe(self._event)
        self._thread = threading.Thread(target=self._run, name="megadev-reload", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Watch no more. What is being compiled comes to nothing."""
        self._stopped = True
        self._unsubscribe()
        if self._watcher is not None:
            self._watcher.stop()
        self._changes.close()

    def changed(self, paths: Iterable[Path] | None, began: int | None = None) -> None:
        """Compile what these files touch (None: everything) and reload. On any thread but the writer's."""
        began = monotonic_ns() if began is None else began
        first = paths is None
        files = None if paths is None else list(paths)
        made: Build = {}
        errors: list[str] = []
        compiling = monotonic_ns()
        for compiler in self._compilers:
            mine = None if files is None else [path for path in files if compiler.concerns(path)]
            if mine is None or mine:
                try:
                    made |= compiler.compile(mine if compiler.name in self._compiled else None).contracts
                    self._compiled.add(compiler.name)
                except CompileFailed as failed:
                    errors.append(str(failed))
        compiled = monotonic_ns()
        if errors:
            text = "\n".join(errors)
            self.tell(Notice("failed", f"{text}\nnot reloaded: the chain is as it was", {"errors": text.splitlines()}))
            if not first:
                return
        gone = {self._name_of(path) for path in files or () if not path.exists()}
        if not self._stopped:
            self._on_writer(lambda: self._take(made, gone, first, began, compiled - compiling))

    def _run(self) -> None:
        self._guarded(lambda: self.changed(None))
        self.ready.set()
        while (found := self._changes.take()) is not None:
            paths, began = found
            sources = {path for path in paths if self._is_of_interest(path)}
            if sources:
                self._guarded(lambda sources=sources, began=began: self.changed(sources, began))  # type: ignore[misc]
            if len(paths) > len(sources):
                self._guarded(lambda: self._on_writer(self._look))
            while not self._scripts.empty():
                command = self._scripts.get()
                self._guarded(lambda command=command: self._run_script(command))  # type: ignore[misc]

    def _guarded(self, act: Callable[[], object]) -> None:
        """A failure must not end the watching."""
        try:
            act()
        except MegadevError as problem:
            self.tell(Notice("failed", str(problem)))
        except Exception as problem:
            if not self._stopped:  # then there is no writer any more
                self.tell(Notice("failed", f"unexpected {type(problem).__name__}: {problem}; please report it"))

    def _is_of_interest(self, path: Path) -> bool:
        return any(
            compiler.concerns(path) and any(path.is_relative_to(folder) for folder in compiler.folders)
            for compiler in self._compilers
        )

    def _event(self, event: Event) -> None:
        """Contracts that were created are looked for, a moment later and with nobody waiting."""
        if isinstance(event, BlockSealed) and any(receipt.created for receipt in event.block.receipts):
            self._changes.add(_LOOK)

    def _run_script(self, command: str) -> None:
        url = self._url()
        environment = ["env", f"ETH_RPC_URL={url}", f"MEGADEV_RPC_URL={url}"]
        done = subprocess.run(
            [*environment, "sh", "-c", command], cwd=self._root, capture_output=True, text=True, errors="replace"
        )
        printed = (done.stdout + done.stderr).strip()
        outcome = "done" if done.returncode == 0 else f"failed with exit code {done.returncode}"
        self.tell(
            Notice("script", f"{command}: {outcome}" + (f"\n{printed}" if printed else ""), {"code": done.returncode})
        )

    # -- on the writer's thread -------------------------------------------------------------------------------------

    def _take(self, made: Build, gone: set[str], first: bool, began: int, compile_ns: int) -> None:
        """A build arrived: know it, plan, and do what the mode says."""
        self._learn(made, gone)
        if first:
            names = sorted(contract.name for contract in made.values() if contract.has_code)
            what = ", ".join(compiler.name for compiler in self._compilers)
            text = f"watching {self._root} ({what}): {', '.join(names) or 'no contracts yet'}"
            self.tell(Notice("watching", text, {"root": str(self._root), "contracts": names}))
            self._look()
            return
        if not self._changed and not gone:
            return
        plan = self._plan(self._settings.policy, force=False)
        fields = {**_plan_json(plan), "compileMs": compile_ns / 1e6}
        text = "\n".join(plan.lines())
        if gone:
            text += "".join(f"\n{source} is gone: what is deployed of it stays" for source in sorted(gone))
        if not plan.steps:
            self.tell(Notice("plan", f"{text} · compiled in {compile_ns / 1e6:.0f} ms", fields))
        elif plan.is_refused:
            self.tell(Notice("refused", f"{text}\nnot reloaded: the chain is as it was", fields))
        elif self._settings.mode != AUTO:
            hint = "" if self._settings.mode == DRY_RUN else "\n`megadev reload apply` does it"
            self.tell(Notice("plan", text + hint, fields))
        else:
            self._apply(plan, compile_ns, began)
        self._write_abi()

    def _learn(self, made: Build, gone: set[str]) -> None:
        changed = {
            key for key, contract in made.items() if key not in self._build or _differs(self._build[key], contract)
        }
        for key in changed:
            self._build[key] = made[key]
        for key in [key for key, contract in self._build.items() if contract.source in gone]:
            del self._build[key]
        self._changed = changed
        self._versions.learn(made[key] for key in sorted(changed))
        if changed:
            self._node.artifacts.add(made[key].artifact for key in changed)

    def _plan(self, policy: Policy, force: bool, held: bool = True) -> Plan:
        """``held``: leave alone what was undone."""
        self._node.between_blocks()
        deployed = self._find()
        chain = self._node.l2
        state = chain.sequencer.head_state()
        build = dict(self._build)
        situation = Situation(
            [one for one in deployed if not (held and self._is_held(one, build))],
            state.storage,
            creations(chain, deployed, self._versions) if policy is Policy.REDEPLOY else {},
            chain.spec.code_size_limit,
        )
        return make_plan(situation, build, policy=policy, force=force, changed=self._changed)

    def _is_held(self, one: Deployed, build: Build) -> bool:
        """Its reload was undone, and the source has not changed since."""
        held = self._held.get(one.address)
        return held is not None and held is build.get(one.contract.key)

    def _find(self) -> list[Deployed]:
        self._read_manifest()
        return self._versions.find(self._node.l2)

    def _read_manifest(self) -> None:
        path = self._settings.manifest
        if path is None:
            return
        try:
            listed = json.loads(path.read_text(encoding="utf-8"))
            pairs = [(bytes.fromhex(address.removeprefix("0x")), which) for address, which in listed.items()]
        except (OSError, ValueError, AttributeError) as problem:
            raise ConfigError(f"--reload-manifest: {path}: {problem}; it must be like {{\"0x…\": \"Vault\"}}") from None
        for address, which in pairs:
            for contract in named(self._build, which)[:1]:
                if not self._versions.is_named(address):
                    self._versions.name(address, contract)

    def _apply(self, plan: Plan, compile_ns: int, began: int) -> ContractsReloaded:
        snapshot = apply(self._node, plan)
        live = monotonic_ns()
        self._number += 1
        put = [step for step in plan.steps if step.action in (Action.REPLACE, Action.REDEPLOY)]
        self._done.append(_Done(self._number, snapshot, {step.deployed.address: step.new for step in put}))
        del self._done[:-UNDO_KEPT]
        event = ContractsReloaded(
            self._number,
            tuple(
                ContractReload(
                    address=step.deployed.address,
                    name=step.new.name,
                    source=step.new.source,
                    action="replaced" if step.action is Action.REPLACE else "redeployed",
                    proxies=step.deployed.proxies,
                    abi=msgspec.json.encode(step.new.abi()),
                )
                for step in put
            ),
        )
        for address in event.addresses:
            self._held.pop(address, None)
        if put:
            self._node.l2.bus.publish(event)
        total, compiling = (live - began) / 1e6, compile_ns / 1e6
        what = ", ".join(f"{each.name} {each.action} at {checksum_address(each.address)}" for each in event.contracts)
        took = f"compiled in {compiling:.0f} ms, live {total - compiling:.1f} ms besides"
        lines = [f"reload {self._number}: {what or 'nothing replaced'}" + (f" · {took}" if compile_ns else "")]
        lines += [f"    overridden: {conflict}" for step in put for conflict in step.conflicts]
        self.tell(
            Notice(
                "reloaded",
                "\n".join(lines),
                {**_plan_json(plan), "number": self._number, "compileMs": compiling, "totalMs": total},
            )
        )
        if plan.needs_script and self._settings.script is not None:
            self._scripts.put(self._settings.script)
            self._changes.add(_LOOK)
        return event

    def _look(self) -> None:
        """Say what is newly deployed."""
        for one in self._find():
            key = (one.address, one.contract.key)
            if key not in self._seen:
                self._seen.add(key)
                where = checksum_address(one.address)
                text = f"{one.contract.key} is at {where}: its code follows the source"
                self.tell(Notice("deployed", text, {"contract": one.contract.key, "address": where}))
        self._write_abi()

    def _write_abi(self) -> None:
        path = self._settings.abi_out
        if path is not None:
            # the current ABI is that of the code that runs
            try:
                abi_files.write(path, abi_files.describe(self._node.l2.spec.chain_id, self._find()))
            except ConfigError as problem:
                self.tell(Notice("failed", str(problem)))

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.as_posix()

    # -- what methods and commands ask ------------------------------------------------------------------------------

    def track(self, address: Address, artifact: bytes | str) -> dict[str, Any]:
        if isinstance(artifact, str):
            candidates = named(self._build, artifact)
            if len(candidates) != 1:
                known = ", ".join(sorted(found.key for found in candidates or self._build.values() if found.has_code))
                raise InvalidParams(f"{len(candidates)} contracts are called {artifact}: say which of {known}")
            contract = candidates[0]
        else:
            contract = _handed_over(artifact)
            self._versions.learn([contract])
        self._versions.name(address, contract)
        code = self._code(address)
        if not code:
            raise InvalidParams(f"there is no code at {checksum_address(address)}")
        recognised = self._versions.of_code(code)
        self._look()
        return {
            "contract": contract.key,
            "address": checksum_address(address),
            "codeMatches": recognised is not None and recognised.key == contract.key,
            "layoutKnown": contract.layout is not None,
        }

    def deployments(self) -> list[dict[str, Any]]:
        found = self._find()
        made = creations(self._node.l2, found, self._versions)
        return [_deployment_json(one, made.get(one.address), self._build) for one in found]

    def plan(self) -> dict[str, Any]:
        return _plan_json(self._plan(self._settings.policy, force=False, held=False))

    def apply(self, force: bool) -> dict[str, Any]:
        plan = self._plan(self._settings.policy, force, held=False)
        if plan.is_refused:
            raise ReloadRefused("\n".join(plan.lines()))
        if plan.steps:
            self._apply(plan, 0, monotonic_ns())
            self._write_abi()
        return {**_plan_json(plan), "number": self._number if plan.steps else None}

    def undo(self) -> dict[str, Any]:
        while self._done:
            done = self._done.pop()
            head = self._node.l2.head.number
            if not self._node.snapshots.revert(done.snapshot):
                continue  # the chain was taken back further meanwhile
            blocks = head - self._node.l2.head.number
            self._held.update(done.contracts)
            contracts = tuple(
                ContractReload(
                    one.address, one.contract.name, one.contract.source, "undone", one.proxies,
                    msgspec.json.encode(one.contract.abi()),
                )
                for one in self._find()
                if one.address in done.contracts
            )  # fmt: skip
            self._node.l2.bus.publish(ContractsReloaded(done.number, contracts))
            self._write_abi()
            text = f"undid reload {done.number}: the chain is as it was before it"
            text += f" (blocks taken back: {blocks})" if blocks else ""
            self.tell(Notice("undone", text, {"number": done.number, "blocks": blocks}))
            names = [contract.key for contract in done.contracts.values()]
            return {"number": done.number, "blocks": blocks, "contracts": names}
        raise ReloadRefused("there is no reload to undo")

    def _code(self, address: Address) -> bytes:
        state = self._node.l2.sequencer.head_state()
        account = state.account(address)
        return b"" if account is None else state.code(account.code_hash)


_LOOK = Path("/")
"""In the place of a changed file: look for what is newly deployed."""


def _differs(old: Contract, new: Contract) -> bool:
    """Whether it was compiled to something else."""
    if old.artifact.runtime is None or new.artifact.runtime is None:
        return old.artifact.runtime is not new.artifact.runtime
    return (
        old.artifact.runtime.code != new.artifact.runtime.code
        or old.artifact.creation != new.artifact.creation
        or old.layout != new.layout
    )


def _handed_over(artifact: bytes) -> Contract:
    try:
        found = read_document(artifact)
    except NotAnArtifact as problem:
        raise InvalidParams(f"not an artifact that can be used: {problem}") from None
    if len(found) != 1 or not found[0].has_code:
        raise InvalidParams("an artifact of one contract is needed, with its deployed bytecode")
    return found[0]


def _plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "refused": plan.is_refused,
        "changed": list(plan.changed),
        "contracts": [
            {
                "contract": step.new.key,
                "address": checksum_address(step.deployed.address),
                "proxies": [checksum_address(proxy) for proxy in step.deployed.proxies],
                "action": step.action.value,
                "conflicts": [
                    {"what": each.what, "said": each.said, "fault": each.fault.name.lower(), "remedy": each.fault.value}
                    for each in step.conflicts
                ],
            }
            for step in plan.steps
        ],
        "text": "\n".join(plan.lines()),
    }


def _deployment_json(one: Deployed, creation: Any, build: Build) -> dict[str, Any]:
    filling = filling_of(one.contract, one.code) if one.certain else None
    latest = build.get(one.contract.key)
    return {
        "contract": one.contract.key,
        "address": checksum_address(one.address),
        "proxies": [checksum_address(proxy) for proxy in one.proxies],
        "isLatest": latest is None or latest is one.contract,
        "transactionHash": None if creation is None else "0x" + creation.tx.hash.hex(),
        "constructorArguments": None if creation is None else "0x" + creation.arguments.hex(),
        "immutables": {} if filling is None else {name: "0x" + v.hex() for name, v in filling.immutables.items()},
        "libraries": {} if filling is None else {name: checksum_address(v) for name, v in filling.libraries.items()},
    }
