"""The application of builds, and the interface of reloading for methods and commands.

``pipeline`` brings builds, from a thread of its own; everything here looks at the chain or changes it, on the writer's
thread, is quick and touches no file. What happened is told as ``Notice`` values, for a terminal, and published as
``ContractsReloaded``, for dApps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from megadev.artifacts.formats.origin import NotAnArtifact
from megadev.errors import ConfigError, InvalidParams, ReloadRefused
from megadev.events import BlockSealed, ContractReload, ContractsReloaded, Event, MiniBlockSealed
from megadev.node.chain import LocalChain
from megadev.node.node import Node
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.types import Address
from megadev.reload import abi_files
from megadev.reload.answers import deployment_json, plan_json
from megadev.reload.apply import apply
from megadev.reload.compiler import Compiler
from megadev.reload.contracts import Build, Contract, read_document
from megadev.reload.deployments import L1, L2, Built, Deployed, chains_of, in_words, named
from megadev.reload.manifest import Manifest
from megadev.reload.memory import Memory
from megadev.reload.notices import Notice
from megadev.reload.pipeline import NOT_NOW, Pipeline, monotonic_ns
from megadev.reload.plan import Action, Plan, Policy, Situation, make_plan

AUTO, ASK, DRY_RUN = "auto", "ask", "dry-run"


@dataclass(frozen=True, slots=True)
class ReloadSettings:
    """The settings of reloading. ``mode``: auto, ask or dry-run. ``manifest``: a file with contracts by address.
    ``script``: a shell command.
    """

    mode: str = AUTO
    policy: Policy = Policy.REFUSE
    script: str | None = None
    manifest: Path | None = None
    abi_out: Path | None = None


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
        self._settings = settings
        self._memory = Memory()
        self._unsubscribe: list[Callable[[], None]] = []
        self.tell = tell
        self.pipeline = Pipeline(
            root,
            compilers,
            self,
            manifest=settings.manifest,
            on_writer=on_writer,
            tell=lambda notice: self.tell(notice),
        )

    def start(self) -> Reloader:
        """Watch from now on. Raises ``ConfigError`` where that cannot be done."""
        self.pipeline.start()
        self._unsubscribe = [_Newcomers(chain, self.pipeline.look_soon).unsubscribe for chain in self._node.chains]
        return self

    def stop(self) -> None:
        """Watch no more. What is being compiled comes to nothing."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self.pipeline.stop()

    def answer(self, yes: bool) -> None:
        """Do what waits for an answer (mode ask), or leave it. On any thread but the writer's."""
        self.pipeline.guarded(lambda: self.pipeline.patiently(lambda: self._answer(yes)), NOT_NOW)

    # -- on the writer's thread -------------------------------------------------------------------------------------

    def follow(self, lost: list[str], began: int, compile_ns: int) -> None:
        """A build is known: plan, and do what the mode says. May be begun again until something is told."""
        self._memory.asked = None
        plan = self._plan(self._settings.policy, force=False)
        fields = {**plan_json(plan), "compileMs": compile_ns / 1e6}
        text = "\n".join(plan.lines())
        text += "".join(f"\n{key} was removed: deployed instances of it stay unchanged" for key in lost)
        if not plan.steps:
            self.tell(Notice("plan", f"{text} · compiled in {compile_ns / 1e6:.0f} ms", fields))
        elif plan.is_refused:
            self.tell(Notice("refused", f"{text}\nnot reloaded, the chain is unchanged", fields))
        elif self._settings.mode == DRY_RUN:
            self.tell(Notice("plan", text, fields))
        elif self._settings.mode == ASK:
            self._ask(plan, text, fields)
        else:
            self._apply(plan, compile_ns, began)
        self._write_abi()

    def _ask(self, plan: Plan, text: str, fields: dict[str, Any]) -> None:
        self._memory.asked = plan
        self.tell(Notice("plan", f"{text}\napply it with `megadev reload apply`", {**fields, "pending": True}))

    def _answer(self, yes: bool) -> None:
        asked = self._memory.asked
        if asked is None:
            return
        if not yes:
            self._memory.asked = None
            self.tell(
                Notice("plan", "not reloaded; the next save asks again, or apply it with `megadev reload apply`", {})
            )
            return
        plan = self._plan(self._settings.policy, force=False)
        if plan == asked:
            self._apply(plan, 0, monotonic_ns())
            self._write_abi()
        elif plan.is_refused or not plan.steps:
            self._memory.asked = None
            self.tell(Notice("refused" if plan.is_refused else "plan", "\n".join(plan.lines()), plan_json(plan)))
        else:
            self._ask(plan, "the plan has changed:\n" + "\n".join(plan.lines()), plan_json(plan))

    def read(self, manifest: Manifest | ConfigError) -> None:
        """This is what the manifest says now, or why it could not be read."""
        self._memory.manifest = manifest

    def learn(self, made: Build, gone: set[str]) -> tuple[bool, list[str]]:
        """Know what was compiled. Returns whether anything is otherwise, and what is no more: ``gone`` are files,
        ``made`` says what is left in others.
        """
        lost = self._memory.learn(made, gone)
        changed = self._memory.changed
        if changed:
            self._node.artifacts.add(made[key].artifact for key in changed)
        return bool(changed), lost

    def _plan(self, policy: Policy, force: bool, held: bool = True) -> Plan:
        """``held``: leave alone what was undone."""
        self._node.between_blocks()
        deployed = self._find()
        memory = self._memory
        concerned = [one for one in deployed if not (held and memory.is_held(one))]
        situations = [
            self._situation(name, chain, [one for one in concerned if one.chain == name], policy)
            for name, chain in chains_of(self._node).items()
        ]
        return make_plan(
            situations,
            dict(memory.build),
            policy=policy,
            force=force,
            changed=memory.changed,
            constructed=memory.constructed,
        )

    def _situation(self, name: str, chain: LocalChain, deployed: list[Deployed], policy: Policy) -> Situation:
        built: dict[Address, Built] = {}
        if policy is Policy.REDEPLOY:
            found = ((one.address, self._memory.versions.built(chain, one)) for one in deployed)
            built = {address: how for address, how in found if how is not None}
        return Situation(deployed, chain.sequencer.head_state().storage, built, chain.spec.code_size_limit, name)

    def _find(self) -> list[Deployed]:
        for notice in self._memory.use_manifest():
            self.tell(notice)
        return self._memory.versions.find(self._node)

    def _apply(self, plan: Plan, compile_ns: int, began: int) -> None:
        snapshot = apply(self._node, plan)
        live = monotonic_ns()
        put = [step for step in plan.steps if step.action in (Action.REPLACE, Action.REDEPLOY)]
        number = self._memory.reloaded(snapshot, {step.deployed.place: step.new for step in put})
        self._publish(number, [(step.deployed, step.new, _DONE[step.action]) for step in put])
        total, compiling = (live - began) / 1e6, compile_ns / 1e6
        what = ", ".join(f"{step.new.name} {_DONE[step.action]} at {step.deployed.where}" for step in put)
        took = f"compiled in {compiling:.0f} ms, live {total - compiling:.1f} ms besides"
        lines = [f"reload {number}: {what or 'nothing replaced'}" + (f" · {took}" if compile_ns else "")]
        lines += [f"    overridden: {conflict}" for step in put for conflict in step.conflicts]
        self.tell(
            Notice(
                "reloaded",
                "\n".join(lines),
                {**plan_json(plan), "number": number, "compileMs": compiling, "totalMs": total},
            )
        )
        if plan.needs_script and self._settings.script is not None:
            script, environment = self._settings.script, self._environment()
            self.pipeline.do_soon(lambda: self.pipeline.run_script(script, environment))

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

    def look(self) -> None:
        """Say what is newly deployed."""
        for one in self._find():
            if self._memory.is_new(one):
                text = f"{one.contract.key} is at {one.where}: its code follows the source"
                if one.twins:
                    command = f"megadev reload track {checksum_address(one.address)} {one.twins[0]}"
                    text += f"\n    {', '.join(one.twins)} has the same code: if it is that contract, `{command}`"
                at = checksum_address(one.address)
                self.tell(Notice("deployed", text, {"contract": one.contract.key, "chain": one.chain, "address": at}))
        for (chain, address), contract in self._memory.versions.look_alikes(self._node, self._memory.build):
            at, where = checksum_address(address), in_words(chain, address)
            command = f"megadev reload track {at} {contract.name}"
            text = (
                f"what is at {where} looks like {contract.key}, but was compiled differently: if it is that "
                f"contract, `{command}`"
            )
            self.tell(Notice("unknown", text, {"contract": contract.key, "chain": chain, "address": at}))
        self._write_abi()

    def _write_abi(self) -> None:
        path = self._settings.abi_out
        if path is not None:
            # the current ABI is that of the code that runs
            described = abi_files.describe(self._node, self._find())
            self.pipeline.do_soon(lambda: abi_files.write(path, described))

    def _environment(self) -> dict[str, str]:
        """Returns a script's environment."""
        urls = {name: chain.urls[0] for name, chain in chains_of(self._node).items() if chain.urls}
        environment: dict[str, str] = {}
        if L2 in urls:
            environment |= {"ETH_RPC_URL": urls[L2], "MEGADEV_RPC_URL": urls[L2]}
        if L1 in urls:
            environment["MEGADEV_L1_RPC_URL"] = urls[L1]
        return environment

    # -- what methods and commands ask ------------------------------------------------------------------------------

    def track(self, chain: LocalChain, address: Address, artifact: bytes | str) -> dict[str, Any]:
        build = self._memory.build
        if isinstance(artifact, str):
            candidates = named(build, artifact)
            if len(candidates) != 1:
                known = ", ".join(sorted(each.key for each in candidates or build.values() if each.has_code))
                found = f"{len(candidates)} contracts are" if candidates else "no contract is"
                raise InvalidParams(f"{found} named {artifact}: choose one of {known}")
            contract = candidates[0]
        else:
            contract = _handed_over(artifact)
            self._memory.versions.learn([contract])
        name = next(name for name, other in chains_of(self._node).items() if other is chain)
        state = chain.sequencer.head_state()
        account = state.account(address)
        code = b"" if account is None else state.code(account.code_hash)
        if not code:
            raise InvalidParams(f"there is no code at {in_words(name, address)}")
        self._memory.versions.name((name, address), contract)
        recognised = self._memory.versions.of_code(code)
        self.look()
        return {
            "contract": contract.key,
            "chain": name,
            "address": checksum_address(address),
            "codeMatches": any(each.key == contract.key for each in recognised),
            "layoutKnown": contract.layout is not None,
        }

    def deployments(self) -> list[dict[str, Any]]:
        chains = chains_of(self._node)
        return [
            deployment_json(one, self._memory.versions.built(chains[one.chain], one), self._memory.build)
            for one in self._find()
        ]

    def plan(self) -> dict[str, Any]:
        return plan_json(self._plan(self._settings.policy, force=False, held=False))

    def apply(self, force: bool) -> dict[str, Any]:
        plan = self._plan(self._settings.policy, force, held=False)
        if plan.is_refused:
            raise ReloadRefused("\n".join(plan.lines()))
        if plan.steps:
            self._apply(plan, 0, monotonic_ns())
            self._write_abi()
        return {**plan_json(plan), "number": self._memory.number if plan.steps else None}

    def undo(self) -> dict[str, Any]:
        memory = self._memory
        while memory.can_undo:
            done = memory.latest()
            heads = {name: chain.head.number for name, chain in chains_of(self._node).items()}
            if not self._node.snapshots.revert(done.snapshot):
                continue  # the chain was taken back further meanwhile
            blocks = {name: heads[name] - chain.head.number for name, chain in chains_of(self._node).items()}
            memory.undone(done)
            back = [one for one in self._find() if one.place in done.contracts]
            self._publish(done.number, [(one, one.contract, "undone") for one in back])
            self._write_abi()
            gone = ", ".join(f"{count} of {name.upper()}" for name, count in blocks.items() if count)
            names = [contract.key for contract in done.contracts.values()]
            text = f"undid reload {done.number} of {', '.join(names)}: the chain is as it was before that reload"
            text += f" (blocks reverted: {gone})" if gone else ""
            answer = {
                "number": done.number,
                "blocks": blocks,
                "contracts": names,
                "text": text,
            }
            self.tell(Notice("undone", text, answer))
            return answer
        raise ReloadRefused("there is no reload to undo")


_DONE = {Action.REPLACE: "replaced", Action.REDEPLOY: "redeployed"}


class _Newcomers:
    """Lets contracts that were created on a chain be looked for, once their block is sealed."""

    def __init__(self, chain: LocalChain, look_soon: Callable[[], None]) -> None:
        self._look_soon = look_soon
        self._some = False
        self.unsubscribe = chain.bus.subscribe(self._event)

    def _event(self, event: Event) -> None:
        if isinstance(event, MiniBlockSealed):
            self._some = self._some or any(diff.codes for diff in event.mini_block.diffs)
        elif isinstance(event, BlockSealed):
            if self._some or any(receipt.created for receipt in event.block.receipts):
                self._look_soon()
            self._some = False


def _handed_over(artifact: bytes) -> Contract:
    try:
        found = read_document(artifact)
    except NotAnArtifact as problem:
        raise InvalidParams(f"invalid artifact: {problem}") from None
    if len(found) != 1 or not found[0].has_code:
        raise InvalidParams("an artifact of one contract is needed, with its deployed bytecode")
    return found[0]
