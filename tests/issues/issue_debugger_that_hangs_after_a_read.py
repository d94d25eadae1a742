"""A read on a thread must leave nothing behind that makes a debugger, or anything else that traces, wait for ever."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import json, sys, threading, urllib.request
from megadev import Devnet

with Devnet(call_timeout=0.2) as net:
    url = net.serve()
    loop = {"to": None, "data": "0x5b5f56", "gas": hex(2_000_000_000)}
    for call in ({"to": net.accounts[0].address}, loop):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"]}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=60).read()
    assert [t.name for t in threading.enumerate() if "rpc" in t.name], "neither was read on a thread"

def traced(): return 1
sys.settrace(lambda *event: None)
print(traced())
"""


def test_what_traces_goes_on_after_reads_that_ended_and_that_were_ended() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
