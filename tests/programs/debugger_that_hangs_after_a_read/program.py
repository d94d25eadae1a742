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
