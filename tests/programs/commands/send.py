import json, os, sys, urllib.request

def rpc(method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(os.environ["MEGADEV_RPC_URL"], body, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))["result"]

alice, bob = os.environ["MEGADEV_ADDRESSES"].split(",")[:2]
rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"})
