// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"megadev_salt_bucketOf","params":["0x4242424242424242424242424242424242424242"]}
<< {"jsonrpc":"2.0","id":1,"result":{"bucket":"0x996d18","capacity":"0x100","multiplier":"0x1"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_salt_bucketOf","params":["0x4242424242424242424242424242424242424242","0x1"]}
<< {"jsonrpc":"2.0","id":2,"result":{"bucket":"0xe51fa1","capacity":"0x100","multiplier":"0x1"}}
