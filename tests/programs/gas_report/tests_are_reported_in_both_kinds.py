import json
from pathlib import Path
import pytest
@pytest.mark.megadev(preset='megaeth')
def test_it(w3):
    made = json.loads((Path(__file__).parent / 'Token.json').read_text())
    token = w3.eth.contract(abi=made['abi'], bytecode=made['bytecode'])
    w3.eth.wait_for_transaction_receipt(token.constructor('A', 'B', 5).transact({'from': w3.eth.accounts[0]}))
