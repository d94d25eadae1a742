// chain: bridged
// anybody claims, also what is wrong, and builds on it
>> {"jsonrpc":"2.0","id":1,"method":"megadev_proposeOutput","params":[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666"}]}
<< {"jsonrpc":"2.0","id":1,"result":{"l2BlockNumber":"0xc","outputRoot":"0x6666666666666666666666666666666666666666666666666666666666666666","game":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","index":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_proposeOutput","params":[{"blockNumber":"0x20","outputRoot":"0x7777777777777777777777777777777777777777777777777777777777777777","parentIndex":"0x0"}]}
<< {"jsonrpc":"2.0","id":2,"result":{"l2BlockNumber":"0x20","outputRoot":"0x7777777777777777777777777777777777777777777777777777777777777777","game":"0xd37a7ad5e4f5bd52baa0b8cccb30800564377595","index":"0x1"}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_proposeOutput","params":[{"blockNumber":"0x5"}]}
<< {"jsonrpc":"2.0","id":3,"result":{"l2BlockNumber":"0x5","outputRoot":"0x4a9c7458dcadc9d092e20df2d8519a7d979f09e1f2c9933ce0617cbb5f7b57bd","game":"0x2e426330a161153dcf20b3767dc126df1b928191","index":"0x2"}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_proposeOutput","params":[{"blockNumber":"0x20"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"L2 has no block 32 yet: give the outputRoot to claim, or another block"}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_proposeOutput","params":[{"parentIndex":"0x9"}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32001,"message":"resource not found: there is no game 9: L1 has 3"}}
>> {"jsonrpc":"2.0","id":6,"method":"megadev_proposeOutput","params":[{"from":"0x1111111111111111111111111111111111111111"}]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32000,"message":"unknown account 0x1111111111111111111111111111111111111111: this node has no key for it; use a dev account, anvil_impersonateAccount, or send a signed transaction"}}
>> {"jsonrpc":"2.0","id":7,"method":"megadev_proposeOutput","params":[{"blockNumber":"0x0"}]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":3,"message":"execution reverted: UnexpectedSequenceNumber()","data":"0xe8c27383"}}
>> {"jsonrpc":"2.0","id":8,"method":"megadev_proposeOutput","params":[{"outputRoot":"0x66"}]}
<< {"jsonrpc":"2.0","id":8,"error":{"code":-32602,"message":"invalid argument 0 (options).outputRoot: expected a 32-byte hash (0x and 64 hex digits), got \"0x66\""}}
