def ether(endpoint, account):
    return int(endpoint.rpc("eth_getBalance", account.address, "latest"), 16) // ETHER

def everything(devnet):
    return (
        [endpoint.rpc("eth_getBlockByNumber", "latest", True) for endpoint in devnet.endpoints],
        [endpoint.rpc("txpool_content") for endpoint in devnet.endpoints],
        [endpoint.rpc("anvil_nodeInfo")["environment"] for endpoint in devnet.endpoints],
        [endpoint.rpc("megadev_getConsoleLogs") for endpoint in devnet.endpoints],
        devnet.rpc("megadev_getBridgeStatus"), devnet.rpc("optimism_syncStatus")["current_l1"],
        devnet.rpc("megadev_sequencer_status"), devnet.rpc("megadev_sequencer_evidence"),
        devnet.node.driver.progress, devnet.node.l2.rotated_signers,
    )
