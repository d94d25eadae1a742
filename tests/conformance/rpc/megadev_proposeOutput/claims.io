// chain: bridged
// the second time there is nothing new to claim
>> {"jsonrpc":"2.0","id":1,"method":"megadev_proposeOutput","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"l2BlockNumber":"0xc","outputRoot":"0x65e5783e7058a082b613edd75a4ee4cae7ce0c89350295cfe0bfb50e822bb37a","game":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_proposeOutput","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":null}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_proposeOutput","params":[1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 0, got 1"}}
