import os
import socket
import subprocess
import time

import pytest
from web3 import Web3

@pytest.fixture(scope="session")
def w3():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    anvil = subprocess.Popen([os.environ["MEGADEV_ANVIL"], "--silent", "--port", str(port)])
    web3 = Web3(Web3.HTTPProvider(f"http://127.0.0.1:{port}"))
    while not web3.is_connected():
        time.sleep(0.01)
    yield web3
    anvil.terminate()
    anvil.wait()

@pytest.fixture(autouse=True)
def isolation(w3):
    before = w3.provider.make_request("evm_snapshot", [])["result"]
    yield
    w3.provider.make_request("evm_revert", [before])
