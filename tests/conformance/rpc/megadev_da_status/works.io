// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"megadev_da_status","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"url":null,"signer":"0xa5d62235826fbcd86b133384813b5445db25bc36","kept":"0x0","withhold":false,"delay":"0x0","corrupt":false}}
