"""``megadev da``: a store for batch data beside L1, run by itself."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from megadev.cli.options import Command, read_private_key
from megadev.primitives.hexcodec import checksum_address

DEFAULT_PORT = 3100


@click.group(short_help="Run a store for batch data beside L1.")
def da() -> None:
    """Run a store for batch data beside L1, which rollups post commitments to.

    It stores data by keccak-256 hash and signs a certificate for it. On request it withholds data, delays it or
    returns wrong bytes, to test what a rollup does then.
    """


@da.command(cls=Command, short_help="Serve a directory as a store.")
@click.option(
    "--dir", "directory", required=True, type=click.Path(file_okay=False, path_type=Path), help="Where data is kept."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65_535), help="0: any free one."
)
@click.option("--key", metavar="KEY", help="Private key that signs certificates. [default: a publicly known one]")
def serve(directory: Path, host: str, port: int, key: str | None) -> None:
    """Serve a directory as a store until it is interrupted.

    \b
      megadev da serve --dir ./da
      curl -X PUT --data-binary @frames http://127.0.0.1:3100/put > commitment
      curl http://127.0.0.1:3100/get/0x$(xxd -p -c 999 commitment)
      curl -X PUT -d '{"withhold": true}' http://127.0.0.1:3100/faults
    """
    from megadev.clock import SystemClock
    from megadev.node.data_directory import Directory
    from megadev.rollup.da.store import DEFAULT_KEY, Store
    from megadev.server.data_store import DataStoreServer

    store = Store(
        DEFAULT_KEY if key is None else read_private_key("--key", key), Directory(directory), SystemClock().now
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = DataStoreServer(store, host, port)
    click.echo(f"DA store at {server.url}, signing as {checksum_address(store.address)}")
    stop.wait()
    server.close()
