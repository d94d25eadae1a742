def test_refused(devnet):
    devnet.rpc("eth_nonsense")

def test_printed(deploy):
    printer = deploy("Printer.json")
    printer.functions.fail().transact({"gas": 100_000})
    raise AssertionError
