// chain: bridged
// the second time there is nothing new to claim
>> {"jsonrpc":"2.0","id":1,"method":"megadev_proposeOutput","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"l2BlockNumber":"0xc","outputRoot":"0xad1774bed7e5f1ff32e542132f00829ac1067c1a36b736e9073a35b89dad4893","game":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_proposeOutput","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":null}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_proposeOutput","params":[1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 0, got 1"}}
