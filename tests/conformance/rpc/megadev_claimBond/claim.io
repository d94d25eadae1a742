// chain: L1
>> {"jsonrpc":"2.0","id":1,"method":"megadev_proposeOutput","params":[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666"}]}
<< {"jsonrpc":"2.0","id":1,"result":{"l2BlockNumber":"0xc","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666","game":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","index":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"evm_increaseTime","params":["0xa"]}
<< {"jsonrpc":"2.0","id":2,"result":11}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_claimBond","params":["0x0"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":3,"message":"execution reverted: GameNotFinalized()","data":"0x4851bd9b"}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_resolveGame","params":["0x0"]}
<< {"jsonrpc":"2.0","id":4,"result":{"index":"0x0","address":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","type":"0x539","creator":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666","l2BlockNumber":"0xc","parentIndex":null,"startingBlockNumber":"0x0","isTrue":false,"status":"defender-wins","challenger":null,"prover":null,"proof":null,"createdAt":"0x6553f101","deadline":"0x6553f102","resolvedAt":"0x6553f10b","isRespected":true,"isBlacklisted":false,"isRetired":false,"challengerBond":"0x0","credit":{},"next":"once its finality delay has passed, what its bonds came to can be claimed"}}
>> {"jsonrpc":"2.0","id":5,"method":"evm_increaseTime","params":["0xa"]}
<< {"jsonrpc":"2.0","id":5,"result":21}
>> {"jsonrpc":"2.0","id":6,"method":"megadev_claimBond","params":["0x0",{"recipient":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"}]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":3,"message":"execution reverted: NoCreditToClaim()","data":"0x17bfe5f7"}}
// there was no bond in it: say that there was
>> {"jsonrpc":"2.0","id":7,"method":"anvil_setStorageAt","params":["0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","0x9ced72642558e76e7fde81a9110f6bf3ccd69161b12b259a7b0de27dbce97eea","0x0000000000000000000000000000000000000000000000000000000000000007"]}
<< {"jsonrpc":"2.0","id":7,"result":true}
>> {"jsonrpc":"2.0","id":8,"method":"anvil_setBalance","params":["0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","0x7"]}
<< {"jsonrpc":"2.0","id":8,"result":null}
>> {"jsonrpc":"2.0","id":9,"method":"megadev_claimBond","params":["0x0",{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"}]}
<< {"jsonrpc":"2.0","id":9,"result":{"index":"0x0","address":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","type":"0x539","creator":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666","l2BlockNumber":"0xc","parentIndex":null,"startingBlockNumber":"0x0","isTrue":false,"status":"defender-wins","challenger":null,"prover":null,"proof":null,"createdAt":"0x6553f101","deadline":"0x6553f102","resolvedAt":"0x6553f10b","isRespected":true,"isBlacklisted":false,"isRetired":false,"challengerBond":"0x0","credit":{},"next":"once its finality delay has passed, what its bonds came to can be claimed"}}
>> {"jsonrpc":"2.0","id":10,"method":"megadev_claimBond","params":[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"}]}
<< {"jsonrpc":"2.0","id":10,"error":{"code":-32602,"message":"invalid argument 0 (index): expected a quantity (0x hex or number, below 2**64), got an object"}}
