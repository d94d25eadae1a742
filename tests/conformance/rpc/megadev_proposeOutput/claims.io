// chain: bridged
// the second time there is nothing new to claim
>> {"jsonrpc":"2.0","id":1,"method":"megadev_proposeOutput","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"l2BlockNumber":"0xc","outputRoot":"0xb853a6fcfea5c9032366eac6ae32e92e71c940d53b6cf1967b61a63d6903b415","game":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","index":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_proposeOutput","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":null}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_proposeOutput","params":[1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (options): expected an object, got 1"}}
