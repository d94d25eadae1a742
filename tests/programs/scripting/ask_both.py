import json, os, urllib.request

def rpc(name, method):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": []}).encode()
    request = urllib.request.Request(os.environ[name], body, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))["result"]

print(rpc("MEGADEV_RPC_URL", "eth_chainId"), rpc("ETH_RPC_URL", "eth_chainId"), rpc("MEGADEV_L1_RPC_URL", "eth_chainId"))
print(os.environ["MEGADEV_WS_URL"] == os.environ["MEGADEV_RPC_URL"].replace("http", "ws"))
print(os.environ["MEGADEV_L1_WS_URL"] == os.environ["MEGADEV_L1_RPC_URL"].replace("http", "ws"))
print(os.environ["MEGADEV_ADDRESS"], len(os.environ["MEGADEV_PRIVATE_KEY"]))
