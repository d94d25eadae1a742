"""``megadev attest``: an attester in a process of its own, who derives L2 from L1 and signs claims that are right."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from megadev.chain.genesis_file import read_json
from megadev.cli.client import CallFailed, call
from megadev.cli.main import INTERRUPTED
from megadev.cli.options import Command, data_options, follow_options, read_private_key
from megadev.cli.stopping import stopping
from megadev.cli.terminal.progress import Bar, is_wanted
from megadev.cli.verify import DIFFERS, INCOMPLETE
from megadev.config.settings import DEFAULT_MNEMONIC
from megadev.errors import ConfigError
from megadev.primitives.hexcodec import to_data
from megadev.rollup.attestations import NOTE
from megadev.rollup.verifier import Differs, Incomplete

if TYPE_CHECKING:
    from megadev.cli.attesting import NotSigned
    from megadev.rollup.attestations import Signed, Statement
    from megadev.rollup.claims import Claim

_file = click.Path(path_type=Path)


@click.command(cls=Command, short_help="Attest: derive L2 from L1 alone, and sign the claims that are right.")
@click.option("--l1", metavar="URL", required=True, help="L1's JSON-RPC.")
@click.option(
    "--rollup", metavar="FILE", type=_file, required=True, help="The rollup.json that `megadev chain --rollup` prints."
)
@data_options
@click.option("--key", metavar="KEY", envvar="MEGADEV_ATTESTER_KEY", help="The attester's private key.")
@click.option(
    "--attester",
    "number",
    metavar="N",
    type=click.IntRange(0, 99),
    help="Without --key: sign with the key of attester N of a devnet.  [default: 0]",
)
@click.option("--mnemonic", metavar="PHRASE", help="With --attester: the devnet's, where it is not the default one.")
@click.option("--to", "collector", metavar="URL", help="Hand each signature in to this node, which collects them.")
@follow_options
@click.option("--json", "as_json", is_flag=True, help="Print each signature as a line of JSON.")
def attest(
    l1: str,
    rollup: Path,
    da: str | None,
    beacon: str | None,
    key: str | None,
    number: int | None,
    mnemonic: str | None,
    collector: str | None,
    directory: Path | None,
    follow: bool,
    poll: float,
    as_json: bool,
) -> int:
    """Derive the whole L2 from L1, execute it, and sign every claim on L1 that is right and can still be proven.

    It knows L1, the data beside it, the rollup's configuration and its key, and asks no sequencer. It signs only what
    derives from L1 up to the L1 block that the claim is based on.

    What it signs is a signed re-execution, not a zero-knowledge proof. With --to, the node there collects what
    attesters sign, and proves a claim once enough have; otherwise signatures are printed.

    \b
      megadev up --batch --attesters 3 --attestation-threshold 2 --attest-apart
      megadev chain --rollup > rollup.json
      megadev attest --l1 http://127.0.0.1:9545 --rollup rollup.json --attester 0 --to http://127.0.0.1:8545 --follow
      megadev attest --l1 http://127.0.0.1:9545 --rollup rollup.json --attester 1 --to http://127.0.0.1:8545 --follow

    \b
    Exit codes:
      0    every claim that is right and can be proven was signed; or it followed, and was interrupted
      1    it did not work
      2    it was asked for wrongly
      3    a claim on L1 is wrong; it was not signed
      4    not all could be derived, or a claim is right and could not be signed
      130  it was interrupted
    """
    from megadev.cli.attesting import ApartAttester, shown
    from megadev.cli.full_node import FullNode

    unsigned: list[str] = []
    wrong: list[Differs] = []

    def hear(claim: Claim, outcome: tuple[Statement, Signed] | NotSigned) -> None:
        if not isinstance(outcome, tuple):
            unsigned.append(str(outcome))
            click.echo(f"not signed: game {claim.index}: {outcome}", err=True)
            return
        told = shown(claim, *outcome)
        if as_json:
            click.echo(json.dumps(told | {"note": f"This is {NOTE}."}))
        else:
            click.echo(
                f"signed: game {claim.index}, output root {to_data(claim.root)} after L2 block {claim.number} ({NOTE})"
            )
        if collector is None:
            return
        handed = {name: told[name] for name in ("attester", "signature", "seal")}
        try:
            taken = call(collector, "megadev_submitAttestation", [told["index"], handed])
        except CallFailed as problem:
            unsigned.append(str(problem))
            click.echo(f"not taken: game {claim.index}: {problem}", err=True)
            return
        click.echo(
            f"handed in: {int(taken['signed'], 16)} of {int(taken['threshold'], 16)} attesters have signed it", err=True
        )

    def differs(found: list[Differs]) -> None:
        for each in found:
            wrong.append(each)
            click.echo(f"differs: {each}", err=True)

    secret = _key(key, number, mnemonic)
    node = FullNode(read_json(rollup), None, str(rollup), l1=l1, beacon=beacon, da=da)
    attester = ApartAttester(node, secret, hear)
    node.on_right = attester.look
    stop = threading.Event()
    incomplete = False
    bar = Bar("deriving", "L1 blocks", is_shown=is_wanted(sys.stderr))
    try:
        with node.opened(directory), stopping(stop), bar:
            node.on_progress = bar.at
            node.go(until=None, follow=follow, poll=poll, against=None, stop=stop, on_differences=differs)
    except Incomplete as problem:
        incomplete = True
        click.echo(f"incomplete: {problem}", err=True)
    if wrong:
        return DIFFERS
    if stop.is_set() and not follow:
        return INTERRUPTED
    return INCOMPLETE if incomplete or (unsigned and not follow) else 0


def _key(given: str | None, number: int | None, mnemonic: str | None) -> bytes:
    """The attester's private key. Raises ``ConfigError``."""
    if given is not None and (number is not None or mnemonic is not None):
        raise ConfigError("--key names the attester already: drop --attester and --mnemonic")
    if given is None:
        from megadev.node.roles import derive_roles

        at = number or 0
        return derive_roles(mnemonic or DEFAULT_MNEMONIC, None, at + 1).attesters[at].raw_key
    return read_private_key("--key", given)
