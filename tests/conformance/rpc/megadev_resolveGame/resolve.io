// chain: bridged
>> {"jsonrpc":"2.0","id":1,"method":"megadev_proposeOutput","params":[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666"}]}
<< {"jsonrpc":"2.0","id":1,"result":{"l2BlockNumber":"0xc","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666","game":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","index":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_resolveGame","params":["0x0"]}
<< {"jsonrpc":"2.0","id":2,"result":{"index":"0x0","address":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","type":"0x539","creator":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666","l2BlockNumber":"0xc","parentIndex":null,"startingBlockNumber":"0x0","isTrue":false,"status":"defender-wins","challenger":null,"prover":null,"proof":null,"createdAt":"0x6553f101","deadline":"0x6553f102","resolvedAt":"0x6553f102","isRespected":true,"isBlacklisted":false,"isRetired":false,"challengerBond":"0x0","credit":{},"next":"once its finality delay has passed, what its bonds came to can be claimed"}}
>> {"jsonrpc":"2.0","id":3,"method":"evm_increaseTime","params":["0xa"]}
<< {"jsonrpc":"2.0","id":3,"result":22}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_resolveGame","params":["0x0"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":3,"message":"execution reverted: ClaimAlreadyResolved()","data":"0xf1a94581"}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_resolveGame","params":["0x0"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":3,"message":"execution reverted: ClaimAlreadyResolved()","data":"0xf1a94581"}}
>> {"jsonrpc":"2.0","id":6,"method":"megadev_resolveGame","params":[]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"missing value for required argument 0 (index)"}}
