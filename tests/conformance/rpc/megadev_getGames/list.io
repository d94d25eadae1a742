// chain: bridged
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getGames","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"respectedGameType":"0x539","guardian":"0xb96c76299e0bf2cbf95dc1fd0f2c8ec2baf5299d","games":[]}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_proposeOutput","params":[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666"}]}
<< {"jsonrpc":"2.0","id":2,"result":{"l2BlockNumber":"0xc","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666","game":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","index":"0x0"}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_getGames","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":{"respectedGameType":"0x539","guardian":"0xb96c76299e0bf2cbf95dc1fd0f2c8ec2baf5299d","games":[{"index":"0x0","address":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","type":"0x539","creator":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666","l2BlockNumber":"0xc","parentIndex":null,"startingBlockNumber":"0x0","isTrue":false,"status":"in-progress","challenger":null,"prover":null,"proof":null,"createdAt":"0x6553f101","deadline":"0x6553f102","resolvedAt":null,"isRespected":true,"isBlacklisted":false,"isRetired":false,"challengerBond":"0x0","credit":{},"next":"it can be challenged for 1 s: `megadev challenge 0`"}]}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_getGames","params":[1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 0, got 1"}}
