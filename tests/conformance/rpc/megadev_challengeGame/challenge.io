// chain: L1
>> {"jsonrpc":"2.0","id":1,"method":"megadev_proposeOutput","params":[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666"}]}
<< {"jsonrpc":"2.0","id":1,"result":{"l2BlockNumber":"0xc","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666","game":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","index":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_challengeGame","params":["0x0"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":3,"message":"execution reverted: GameOver()","data":"0xdf469ccb"}}
// its window ended with the block that it came in: have it end later
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setStorageAt","params":["0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","0x0","0x0000000000010000000000006b49d2000000000000000000000000006553f10c"]}
<< {"jsonrpc":"2.0","id":3,"result":true}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_challengeGame","params":["0x0",{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"}]}
<< {"jsonrpc":"2.0","id":4,"result":{"index":"0x0","address":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","type":"0x539","creator":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666","l2BlockNumber":"0xc","parentIndex":null,"startingBlockNumber":"0x0","isTrue":false,"status":"in-progress","challenger":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","prover":null,"proof":null,"createdAt":"0x6553f10c","deadline":"0x6553f103","resolvedAt":null,"isRespected":true,"isBlacklisted":false,"isRetired":false,"challengerBond":"0x0","credit":{},"next":"a proof must come within 1 s, or it is lost"}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_challengeGame","params":["0x0"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":3,"message":"execution reverted: ClaimAlreadyChallenged()","data":"0x85c345b0"}}
>> {"jsonrpc":"2.0","id":6,"method":"megadev_challengeGame","params":["0x1"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32001,"message":"resource not found: there is no game 1: L1 has 1"}}
>> {"jsonrpc":"2.0","id":7,"method":"megadev_challengeGame","params":["first"]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"invalid argument 0 (index): expected a quantity (0x hex or number, below 2**64), got \"first\""}}
