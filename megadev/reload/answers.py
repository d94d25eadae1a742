"""Plans and deployments as methods and the log's JSON tell them."""

from __future__ import annotations

from typing import Any

from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.reload.contracts import Build
from megadev.reload.deployed_code import filling_of
from megadev.reload.deployments import Built, Deployed
from megadev.reload.plan import Plan


def plan_json(plan: Plan) -> dict[str, Any]:
    """Every step with what speaks against it; ``text`` is for people."""
    return {
        "refused": plan.is_refused,
        "changed": list(plan.changed),
        "contracts": [
            {
                "contract": step.new.key,
                "chain": step.deployed.chain,
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


def deployment_json(one: Deployed, built: Built | None, build: Build) -> dict[str, Any]:
    """A contract on a chain, with what its deployment filled in; ``build`` tells which version is the latest."""
    filling = filling_of(one.contract, one.code) if one.certain else None
    latest = build.get(one.contract.key)
    return {
        "contract": one.contract.key,
        "chain": one.chain,
        "address": checksum_address(one.address),
        "proxies": [checksum_address(proxy) for proxy in one.proxies],
        "isLatest": latest is None or latest is one.contract,
        "transactionHash": None if built is None else to_data(built.creation.tx.hash),
        "creator": None if built is None else checksum_address(built.creation.creator),
        "value": None if built is None else hex(built.creation.value),
        "constructorArguments": None if built is None else to_data(built.arguments),
        "immutables": {} if filling is None else {name: to_data(v) for name, v in filling.immutables.items()},
        "libraries": {} if filling is None else {name: checksum_address(v) for name, v in filling.libraries.items()},
    }
