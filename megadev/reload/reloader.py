"""From a saved file to a changed chain, and what is said about it on the way.

One thread watches, compiles and runs scripts; everything that looks at the chain or changes it is handed over to the
writer's thread and is quick. What happened is told as ``Notice`` values, for a terminal, and published as
``ContractsReloaded``, for dApps.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from megadev.artifacts.formats.origin import NotAnArtifact
from megadev.clock import SystemClock
from megadev.errors import ConfigError, InvalidParams, MegadevError, NotFetchedYet, ReloadRefused
from megadev.events import BlockSealed, ContractReload, ContractsReloaded, Event, MiniBlockSealed
from megadev.node.chain import LocalChain
from megadev.node.node import Node
from megadev.primitives.guarded_json import decode_json
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.types import Address
from megadev.reload import abi_files
from megadev.reload.answers import deployment_json, plan_json
from megadev.reload.apply import apply
from megadev.reload.compiler import CompileFailed, Compiler
from megadev.reload.contracts import Build, Contract, read_document
from megadev.reload.deployments import L1, L2, Built, Deployed, Place, Versions, chains_of, in_words, named
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
    """Something to be shown. ``kind``: watching, deployed, unknown, failed, plan, refused, reloaded, undone, script."""

    kind: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Done:
    """A reload that can be undone. ``contracts``: what was put where."""

    number: int
    snapshot: int
    contracts: dict[Place, Contract]


class Reloader:
    """Hot reload of one node's chains. ``on_writer`` runs a function on the writer's thread and returns what that
    returns; ``tell`` is called on any thread.
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
    ) -> None:
        self._node = node
        self._root = root.resolve()
        self._compilers = tuple(compilers)
        self._settings = settings
        self._on_writer = on_writer
        self.tell = tell
        self._versions = Versions()
        self._build: Build = {}
        self._changed: set[str] = set()
        self._constructed: set[str] = set()
        self._held: dict[Place, Contract] = {}
        self._done: list[_Done] = []
        self._number = 0
        self._asked: Plan | None = None
        self._seen: set[tuple[Place, str]] = set()
        self._misnamed: set[tuple[Place, str]] = set()
        self._compiled: set[str] = set()
        self._unmade: list[Path] = []  # saved since the last build
        self._changes = Changes()
        self._scripts: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._watcher: Watcher | None = None
        self._thread: threading.Thread | None = None
        self._unsubscribe: list[Callable[[], None]] = []
        self._stopped = False
        self.ready = threading.Event()
        """Set when the project was compiled for the first time, whether or not it could be."""

    # -- the thread that compiles -----------------------------------------------------------------------------------

    def start(self) -> Reloader:
        """Watch from now on. Raises ``ConfigError`` where that cannot be done."""
        folders = [folder for compiler in self._compilers for folder in compiler.folders]
        self._watcher = Watcher(folders, self._is_of_interest, self._changes.add)
        self._watcher.start()
        self._unsubscribe = [_Newcomers(chain, self._changes).unsubscribe for chain in self._node.chains]
        self._thread = threading.Thread(target=self._run, name="megadev-reload", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Watch no more. What is being compiled comes to nothing."""
        self._stopped = True
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        if self._watcher is not None:
            self._watcher.stop()
        self._changes.close()

    def changed(self, paths: Iterable[Path] | None, began: int | None = None) -> None:
        """Compile what these files touch (None: everything) and reload. On any thread but the writer's."""
        began = monotonic_ns() if began is None else began
        first = paths is None
        waiting, saved = self._unmade, list(paths or ())
        files = None if first else list(dict.fromkeys((*waiting, *saved)))
        self._unmade = files or []
        compiling = monotonic_ns()
        made, errors = self._compile(files)
        after = "not reloaded: the chain is as it was"
        left: list[Path] = []
        if errors and waiting and (others := [path for path in saved if path not in waiting]):
            alone, more = self._compile(others)
            if not more:  # an error elsewhere does not hold back what is whole
                made, files, left, after = alone, others, waiting, "left out until it compiles"
        compiled = monotonic_ns()
        if errors:
            text = "\n".join(errors)
            self.tell(Notice("failed", f"{text}\n{after}", {"errors": text.splitlines()}))
            if not first and not left:
                return
        self._unmade = left
        gone = {self._name_of(path) for path in files or () if not path.exists()}
        if self._stopped:
            return
        lost = self._on_writer(lambda: self._learn(made, gone))
        if first:
            names = sorted(contract.name for contract in made.values() if contract.has_code)
            what = ", ".join(compiler.name for compiler in self._compilers)
            text = f"watching {self._root} ({what}): {', '.join(names) or 'no contracts yet'}"
            self.tell(Notice("watching", text, {"root": str(self._root), "contracts": names}))
            self._patiently(self._look)
        elif self._changed or lost:
            self._patiently(lambda: self._follow(lost, began, compiled - compiling))

    def _compile(self, files: list[Path] | None) -> tuple[Build, list[str]]:
        """What these files touch, and what is wrong with them."""
        made: Build = {}
        errors: list[str] = []
        for compiler in self._compilers:
            mine = None if files is None else [path for path in files if compiler.concerns(path)]
            if mine is None or mine:
                try:
                    made |= compiler.compile(mine if compiler.name in self._compiled else None).contracts
                    self._compiled.add(compiler.name)
                except CompileFailed as failed:
                    errors.append(str(failed))
        return made, errors

    def answer(self, yes: bool) -> None:
        """Do what waits for an answer (mode ask), or leave it. On any thread but the writer's."""
        self._guarded(lambda: self._patiently(lambda: self._answer(yes)), _NOT_NOW)

    def _run(self) -> None:
        self._guarded(lambda: self.changed(None))
        self.ready.set()
        while (found := self._changes.take()) is not None:
            paths, began = found
            sources = {path for path in paths if self._is_of_interest(path)}
            if sources:
                self._guarded(lambda sources=sources, began=began: self.changed(sources, began), _NOT_NOW)  # type: ignore[misc]
            if len(paths) > len(sources):
                self._guarded(lambda: self._patiently(self._look))
            while not self._scripts.empty():
                command = self._scripts.get()
                self._guarded(lambda command=command: self._run_script(command))  # type: ignore[misc]

    def _guarded(self, act: Callable[[], object], after: str = "") -> None:
        """A failure must not end the watching; ``after``: what is said below it."""
        try:
            act()
        except MegadevError as problem:
            self.tell(Notice("failed", f"{problem}{after}"))
        except Exception as problem:
            if not self._stopped:  # then there is no writer any more
                self.tell(Notice("failed", f"unexpected {type(problem).__name__}: {problem}; please report it"))

    def _patiently(self, act: Callable[[], None]) -> None:
        """Run ``act`` on the writer's thread, again and again until all is there that a fork has to fetch for it."""
        while True:
            try:
                return self._on_writer(act)  # type: ignore[no-any-return]
            except NotFetchedYet as missing:
                missing.fetch()

    def _is_of_interest(self, path: Path) -> bool:
        return any(
            compiler.concerns(path) and any(path.is_relative_to(folder) for folder in compiler.folders)
            for compiler in self._compilers
        )

    def _run_script(self, command: str) -> None:
        urls = {name: chain.urls[0] for name, chain in chains_of(self._node).items() if chain.urls}
        environment = ["env"]
        if L2 in urls:
            environment += [f"ETH_RPC_URL={urls[L2]}", f"MEGADEV_RPC_URL={urls[L2]}"]
        if L1 in urls:
            environment.append(f"MEGADEV_L1_RPC_URL={urls[L1]}")
        done = subprocess.run(
            [*environment, "sh", "-c", command], cwd=self._root, capture_output=True, text=True, errors="replace"
        )
        printed = (done.stdout + done.stderr).strip()
        outcome = "done" if done.returncode == 0 else f"failed with exit code {done.returncode}"
        self.tell(
            Notice("script", f"{command}: {outcome}" + (f"\n{printed}" if printed else ""), {"code": done.returncode})
        )

    # -- on the writer's thread -------------------------------------------------------------------------------------

    def _follow(self, lost: list[str], began: int, compile_ns: int) -> None:
        """A build is known: plan, and do what the mode says. May be begun again until something is told."""
        self._asked = None
        plan = self._plan(self._settings.policy, force=False)
        fields = {**plan_json(plan), "compileMs": compile_ns / 1e6}
        text = "\n".join(plan.lines())
        text += "".join(f"\n{key} is gone: what is deployed of it stays as it is" for key in lost)
        if not plan.steps:
            self.tell(Notice("plan", f"{text} · compiled in {compile_ns / 1e6:.0f} ms", fields))
        elif plan.is_refused:
            self.tell(Notice("refused", f"{text}\nnot reloaded: the chain is as it was", fields))
        elif self._settings.mode == DRY_RUN:
            self.tell(Notice("plan", text, fields))
        elif self._settings.mode == ASK:
            self._ask(plan, text, fields)
        else:
            self._apply(plan, compile_ns, began)
        self._write_abi()

    def _ask(self, plan: Plan, text: str, fields: dict[str, Any]) -> None:
        self._asked = plan
        self.tell(Notice("plan", f"{text}\n`megadev reload apply` does it", {**fields, "pending": True}))

    def _answer(self, yes: bool) -> None:
        asked = self._asked
        if asked is None:
            return
        if not yes:
            self._asked = None
            self.tell(Notice("plan", "not reloaded: the next save asks again, `megadev reload apply` does it", {}))
            return
        plan = self._plan(self._settings.policy, force=False)
        if plan == asked:
            self._apply(plan, 0, monotonic_ns())
            self._write_abi()
        elif plan.is_refused or not plan.steps:
            self._asked = None
            self.tell(Notice("refused" if plan.is_refused else "plan", "\n".join(plan.lines()), plan_json(plan)))
        else:
            self._ask(plan, "it is another plan now:\n" + "\n".join(plan.lines()), plan_json(plan))

    def _learn(self, made: Build, gone: set[str]) -> list[str]:
        """Returns what is no more: ``gone`` are files, ``made`` says what is left in others."""
        changed = {
            key for key, contract in made.items() if key not in self._build or _differs(self._build[key], contract)
        }
        known = changed & self._build.keys()
        self._constructed = {key for key in known if _runs_the_same(self._build[key], made[key])}
        for key in changed:
            self._build[key] = made[key]
        sources = gone | {contract.source for contract in made.values()}
        lost = [key for key, contract in self._build.items() if contract.source in sources and key not in made]
        for key in lost:
            del self._build[key]
        self._changed = changed
        self._versions.learn(made[key] for key in sorted(changed))
        if changed:
            self._node.artifacts.add(made[key].artifact for key in changed)
        return lost

    def _plan(self, policy: Policy, force: bool, held: bool = True) -> Plan:
        """``held``: leave alone what was undone."""
        self._node.between_blocks()
        deployed = self._find()
        build = dict(self._build)
        concerned = [one for one in deployed if not (held and self._is_held(one, build))]
        situations = [
            self._situation(name, chain, [one for one in concerned if one.chain == name], policy)
            for name, chain in chains_of(self._node).items()
        ]
        return make_plan(
            situations, build, policy=policy, force=force, changed=self._changed, constructed=self._constructed
        )

    def _situation(self, name: str, chain: LocalChain, deployed: list[Deployed], policy: Policy) -> Situation:
        built: dict[Address, Built] = {}
        if policy is Policy.REDEPLOY:
            found = ((one.address, self._versions.built(chain, one)) for one in deployed)
            built = {address: how for address, how in found if how is not None}
        return Situation(deployed, chain.sequencer.head_state().storage, built, chain.spec.code_size_limit, name)

    def _is_held(self, one: Deployed, build: Build) -> bool:
        """Its reload was undone, and the source has not changed since."""
        held = self._held.get(one.place)
        return held is not None and held is build.get(one.contract.key)

    def _find(self) -> list[Deployed]:
        self._read_manifest()
        return self._versions.find(self._node)

    def _read_manifest(self) -> None:
        path = self._settings.manifest
        if path is None:
            return
        try:
            listed = decode_json(path.read_bytes())
            by_chain = {L2: {key: which for key, which in listed.items() if key not in (L1, L2)}}
            by_chain[L2] |= listed.get(L2, {})
            by_chain[L1] = listed.get(L1, {})
            pairs = [
                ((chain, bytes.fromhex(address.removeprefix("0x"))), which)
                for chain, names in by_chain.items()
                for address, which in names.items()
            ]
            if not all(isinstance(which, str) for _, which in pairs):
                raise TypeError("an address has something else than a name")
        except (OSError, ValueError, AttributeError, TypeError) as problem:
            shape = '{"0x…": "Vault", "l1": {"0x…": "Portal"}}'
            raise ConfigError(f"--reload-manifest: {path}: {problem}; it must be like {shape}") from None
        misnamed = set()
        for place, which in pairs:
            contracts = named(self._build, which)
            if not contracts and self._build:
                misnamed.add((place, which))
            elif contracts and not self._versions.is_named(place):
                self._versions.name(place, contracts[0])
        for place, which in sorted(misnamed - self._misnamed):
            text = f"--reload-manifest: {in_words(*place)}: no contract is called {which}{self._near(which)}"
            fields = {"name": which, "chain": place[0], "address": checksum_address(place[1])}
            self.tell(Notice("unknown", text, fields))
        self._misnamed = misnamed

    def _near(self, which: str) -> str:
        """What may be meant by a name that is none."""
        having = [contract for contract in self._build.values() if contract.has_code]
        names = {contract.key if ":" in which else contract.name for contract in having}
        close = get_close_matches(which, sorted(names), n=3)
        return f"; did you mean {' or '.join(close)}?" if close else ""

    def _apply(self, plan: Plan, compile_ns: int, began: int) -> None:
        snapshot = apply(self._node, plan)
        live = monotonic_ns()
        self._number += 1
        put = [step for step in plan.steps if step.action in (Action.REPLACE, Action.REDEPLOY)]
        self._done.append(_Done(self._number, snapshot, {step.deployed.place: step.new for step in put}))
        del self._done[:-UNDO_KEPT]
        self._asked = None
        for step in put:
            self._held.pop(step.deployed.place, None)
        self._publish(self._number, [(step.deployed, step.new, _DONE[step.action]) for step in put])
        total, compiling = (live - began) / 1e6, compile_ns / 1e6
        what = ", ".join(f"{step.new.name} {_DONE[step.action]} at {step.deployed.where}" for step in put)
        took = f"compiled in {compiling:.0f} ms, live {total - compiling:.1f} ms besides"
        lines = [f"reload {self._number}: {what or 'nothing replaced'}" + (f" · {took}" if compile_ns else "")]
        lines += [f"    overridden: {conflict}" for step in put for conflict in step.conflicts]
        self.tell(
            Notice(
                "reloaded",
                "\n".join(lines),
                {**plan_json(plan), "number": self._number, "compileMs": compiling, "totalMs": total},
            )
        )
        if plan.needs_script and self._settings.script is not None:
            self._scripts.put(self._settings.script)
            self._changes.add(_LOOK)

    def _publish(self, number: int, changed: Iterable[tuple[Deployed, Contract, str]]) -> None:
        """Each chain's subscribers hear of its own contracts."""
        told: dict[str, list[ContractReload]] = {}
        for deployed, contract, action in changed:
            told.setdefault(deployed.chain, []).append(
                ContractReload(
                    address=deployed.address,
                    name=contract.name,
                    source=contract.source,
                    action=action,
                    proxies=deployed.proxies,
                    abi=msgspec.json.encode(contract.abi()),
                )
            )
        chains = chains_of(self._node)
        for name, contracts in told.items():
            chains[name].bus.publish(ContractsReloaded(number, tuple(contracts)))

    def _look(self) -> None:
        """Say what is newly deployed."""
        for one in self._find():
            key = (one.place, one.contract.key)
            if key not in self._seen:
                self._seen.add(key)
                text = f"{one.contract.key} is at {one.where}: its code follows the source"
                if one.twins:
                    command = f"megadev reload track {checksum_address(one.address)} {one.twins[0]}"
                    text += f"\n    {', '.join(one.twins)} has the same code: `{command}` if it is that"
                at = checksum_address(one.address)
                self.tell(Notice("deployed", text, {"contract": one.contract.key, "chain": one.chain, "address": at}))
        for (chain, address), contract in self._versions.look_alikes(self._node, self._build):
            at, where = checksum_address(address), in_words(chain, address)
            command = f"megadev reload track {at} {contract.name}"
            text = f"what is at {where} looks like {contract.key}, but was compiled otherwise: `{command}` if it is"
            self.tell(Notice("unknown", text, {"contract": contract.key, "chain": chain, "address": at}))
        self._write_abi()

    def _write_abi(self) -> None:
        path = self._settings.abi_out
        if path is not None:
            # the current ABI is that of the code that runs
            try:
                abi_files.write(path, abi_files.describe(self._node, self._find()))
            except ConfigError as problem:
                self.tell(Notice("failed", str(problem)))

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.as_posix()

    # -- what methods and commands ask ------------------------------------------------------------------------------

    def track(self, chain: LocalChain, address: Address, artifact: bytes | str) -> dict[str, Any]:
        if isinstance(artifact, str):
            candidates = named(self._build, artifact)
            if len(candidates) != 1:
                known = ", ".join(sorted(found.key for found in candidates or self._build.values() if found.has_code))
                raise InvalidParams(f"{len(candidates)} contracts are called {artifact}: say which of {known}")
            contract = candidates[0]
        else:
            contract = _handed_over(artifact)
            self._versions.learn([contract])
        name = next(name for name, other in chains_of(self._node).items() if other is chain)
        state = chain.sequencer.head_state()
        account = state.account(address)
        code = b"" if account is None else state.code(account.code_hash)
        if not code:
            raise InvalidParams(f"there is no code at {in_words(name, address)}")
        self._versions.name((name, address), contract)
        recognised = self._versions.of_code(code)
        self._look()
        return {
            "contract": contract.key,
            "chain": name,
            "address": checksum_address(address),
            "codeMatches": any(each.key == contract.key for each in recognised),
            "layoutKnown": contract.layout is not None,
        }

    def deployments(self) -> list[dict[str, Any]]:
        chains = chains_of(self._node)
        return [deployment_json(one, self._versions.built(chains[one.chain], one), self._build) for one in self._find()]

    def plan(self) -> dict[str, Any]:
        return plan_json(self._plan(self._settings.policy, force=False, held=False))

    def apply(self, force: bool) -> dict[str, Any]:
        plan = self._plan(self._settings.policy, force, held=False)
        if plan.is_refused:
            raise ReloadRefused("\n".join(plan.lines()))
        if plan.steps:
            self._apply(plan, 0, monotonic_ns())
            self._write_abi()
        return {**plan_json(plan), "number": self._number if plan.steps else None}

    def undo(self) -> dict[str, Any]:
        while self._done:
            done = self._done.pop()
            heads = {name: chain.head.number for name, chain in chains_of(self._node).items()}
            if not self._node.snapshots.revert(done.snapshot):
                continue  # the chain was taken back further meanwhile
            blocks = {name: heads[name] - chain.head.number for name, chain in chains_of(self._node).items()}
            self._held.update(done.contracts)
            self._asked = None
            back = [one for one in self._find() if one.place in done.contracts]
            self._publish(done.number, [(one, one.contract, "undone") for one in back])
            self._write_abi()
            gone = ", ".join(f"{count} of {name.upper()}" for name, count in blocks.items() if count)
            names = [contract.key for contract in done.contracts.values()]
            text = f"undid reload {done.number} of {', '.join(names)}: the chain is as it was before it"
            text += f" (blocks taken back: {gone})" if gone else ""
            answer = {
                "number": done.number,
                "blocks": blocks,
                "contracts": names,
                "text": text,
            }
            self.tell(Notice("undone", text, answer))
            return answer
        raise ReloadRefused("there is no reload to undo")


_NOT_NOW = "\nnot reloaded: the chain is as it was; `megadev reload apply` tries again"
_LOOK = Path("/")
"""In the place of a changed file: look for what is newly deployed."""
_DONE = {Action.REPLACE: "replaced", Action.REDEPLOY: "redeployed"}


class _Newcomers:
    """Lets contracts that were created on a chain be looked for, once their block is sealed."""

    def __init__(self, chain: LocalChain, changes: Changes) -> None:
        self._changes = changes
        self._some = False
        self.unsubscribe = chain.bus.subscribe(self._event)

    def _event(self, event: Event) -> None:
        if isinstance(event, MiniBlockSealed):
            self._some = self._some or any(diff.codes for diff in event.mini_block.diffs)
        elif isinstance(event, BlockSealed):
            if self._some or any(receipt.created for receipt in event.block.receipts):
                self._changes.add(_LOOK)
            self._some = False


def _differs(old: Contract, new: Contract) -> bool:
    """Whether it was compiled to something else."""
    return not _runs_the_same(old, new) or old.artifact.creation != new.artifact.creation


def _runs_the_same(old: Contract, new: Contract) -> bool:
    """Whether only their creation can differ."""
    before, now = old.artifact.runtime, new.artifact.runtime
    if before is None or now is None:
        return before is now
    return before.code == now.code and old.layout == new.layout


def _handed_over(artifact: bytes) -> Contract:
    try:
        found = read_document(artifact)
    except NotAnArtifact as problem:
        raise InvalidParams(f"not an artifact that can be used: {problem}") from None
    if len(found) != 1 or not found[0].has_code:
        raise InvalidParams("an artifact of one contract is needed, with its deployed bytecode")
    return found[0]
