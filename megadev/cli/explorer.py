"""``megadev explorer``: the explorer alone, for a node that runs elsewhere."""

from __future__ import annotations

from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import click

from megadev import __version__
from megadev.cli.client import call
from megadev.cli.options import Command, rpc_url_option
from megadev.errors import ConfigError
from megadev.explorer import Site, page
from megadev.landing import HTML, document

DEFAULT_PORT = 8580


@click.command(cls=Command, short_help="Serve the explorer for a running node.")
@rpc_url_option
@click.option("--l1-url", metavar="URL", default="", help="URL of its L1. [default: the one that the node reports]")
@click.option(
    "--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@click.option("--read-only", is_flag=True, help="Hide what changes the chain.")
def explorer(rpc_url: str, l1_url: str, port: int, read_only: bool) -> None:
    """Serve the explorer on this machine for a node at another URL, until Ctrl-C.

    The browser asks the node itself, so the node must allow other origins (CORS). Methods that it lacks are left out.
    """
    call(rpc_url, "eth_chainId", [])
    site = Site(rpc=rpc_url, l1=l1_url, is_read_only=read_only, version=__version__)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, site))
    except OSError as problem:
        raise ConfigError(f"--port: cannot listen on 127.0.0.1:{port}: {problem.strerror or problem}") from None
    with server:
        click.echo(f"Explorer of {rpc_url} at http://127.0.0.1:{server.server_port}/")
        server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    """Answers GETs: the page, its files, the documentation."""

    def __init__(self, site: Site, *arguments: object) -> None:
        self._site = site
        super().__init__(*arguments)  # type: ignore[arg-type]  # socketserver's own three

    def do_GET(self) -> None:
        is_page = self.path.partition("?")[0] == "/"
        found = (page(self._site), HTML) if is_page else document(self.path)
        body = b"not found\n" if found is None else found[0].encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "text/plain" if found is None else found[1].decode())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the page's own requests would fill the terminal."""
