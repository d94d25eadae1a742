import json
from pathlib import Path

ARTIFACT = json.loads(Path(__file__).with_name("token.json").read_text())

@pytest.mark.parametrize("what", ["token.json", Path("token.json"), ARTIFACT])
def test_what(deploy, accounts, what):
    token = deploy(what, "Gold", "GLD", 1000)
    assert token.functions.balanceOf(accounts[0].address).call() == 1000
    token.functions.transfer(accounts[1].address, 5).transact()
    assert token.functions.balanceOf(accounts[1].address).call() == 5

def test_abi_and_bytecode(deploy, accounts):
    token = deploy(None, "Gold", "GLD", 7, abi=ARTIFACT["abi"], bytecode=ARTIFACT["bytecode"], sender=accounts[3])
    assert token.functions.balanceOf(accounts[3].address).call() == 7

def test_by_name(deploy, devnet):
    name = devnet.rpc("megadev_listArtifacts")["artifacts"]
    assert "Vault" in {found["name"] for found in name}

def test_unknown(deploy):
    with pytest.raises(Exception, match="no contract or file 'Nothing'"):
        deploy("Nothing")

def test_wrong_arguments(deploy):
    with pytest.raises(TypeError):
        deploy(ARTIFACT, abi=[])

@pytest.mark.megadev(no_mining=True)
def test_where_blocks_are_sealed_when_asked(deploy):
    assert deploy(ARTIFACT, "Gold", "GLD", 7).functions.totalSupply().call() == 7
