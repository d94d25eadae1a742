"""solc's own JSON (Vyper's standard JSON too): standard output, and ``--combined-json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from megadev.artifacts.artifact import SOLIDITY, VYPER, Artifact, Details
from megadev.artifacts.formats.documents import (
    ABSENT,
    Bytecode,
    Content,
    Document,
    Evm,
    StandardInput,
    StandardOutput,
    convert,
    decode,
)
from megadev.artifacts.formats.origin import Origin
from megadev.artifacts.formats.parts import already, code_of, interface_of, path_in_project, positions_of


def standard_artifacts(
    data: bytes, document: Document, given: StandardInput | None, origin: Origin
) -> Iterator[Artifact]:
    """A standard JSON output, of solc or Vyper; ``given``: the input, where the document has it too."""
    output = decode(data, StandardOutput)
    contents = given.sources if given is not None else {}
    numbers = {path: numbered.id for path, numbered in output.sources.items()}
    sources = {
        number: origin.source(path_in_project(path), contents.get(path, Content()).content)
        for path, number in numbers.items()
        if number is not None
    }
    for path, contracts in output.contracts.items():
        is_vyper = path.endswith((".vy", ".vyi"))
        for name, contract in contracts.items():
            if contract.abi == ABSENT:
                continue
            evm = contract.evm or Evm()
            maps = Details(positions_of(evm.bytecode, is_vyper), positions_of(evm.deployed_bytecode, is_vyper), sources)
            yield Artifact(
                name,
                interface_of(contract.abi),
                path_in_project(path),
                code_of(evm.bytecode),
                code_of(evm.deployed_bytecode),
                VYPER if is_vyper else SOLIDITY,
                output.compiler,
                already(maps),
            )


def solc_combined_artifacts(data: bytes, document: Document, origin: Origin) -> Iterator[Artifact]:
    """``solc --combined-json abi,bin,bin-runtime,srcmap,srcmap-runtime``."""
    contracts = msgspec.convert(document.contracts, dict[str, dict[str, Any]])
    sources = {number: origin.source(path) for number, path in enumerate(document.source_list or ())}
    for key in contracts:
        path, _, name = key.rpartition(":")
        contract = convert(contracts[key], _CombinedParts)
        abi = contract.abi if isinstance(contract.abi, str) else msgspec.json.encode(contract.abi)
        creation = Bytecode(contract.bin, source_map=contract.srcmap)
        runtime = Bytecode(contract.bin_runtime, source_map=contract.srcmap_runtime)
        yield Artifact(
            name,
            interface_of(msgspec.Raw(abi.encode() if isinstance(abi, str) else abi)),
            path,
            code_of(creation),
            code_of(runtime),
            SOLIDITY,
            document.version or "",
            already(Details(positions_of(creation, False), positions_of(runtime, False), sources)),
        )


class _CombinedParts(msgspec.Struct):
    """A contract in ``solc --combined-json``; old compilers write the ABI as text."""

    abi: list[Any] | str
    bin: str = ""
    bin_runtime: str = msgspec.field(name="bin-runtime", default="")
    srcmap: str = ""
    srcmap_runtime: str = msgspec.field(name="srcmap-runtime", default="")
