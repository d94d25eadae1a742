import subprocess, sys

ASK = '''
import json, sys, urllib.request
body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "evm_mine", "params": []}).encode()
print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], body, {"Content-Type": "application/json"})).read())
'''

@pytest.mark.parametrize("again", range(2))
def test_served(devnet, devnet_url, l1, l2, again):
    assert blocks(devnet) == blocks(l1) == 0 and l2.url == devnet_url
    subprocess.run([sys.executable, "-c", ASK, devnet_url], check=True, timeout=60)
    subprocess.run([sys.executable, "-c", ASK, l1.url], check=True, timeout=60)
    assert blocks(devnet) == blocks(l1) == 1
