// not with Anvil: its console refuses what it cannot read
// nothing was printed yet
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getConsoleLogs","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":[]}
// a contract made up for one call: it sends log(uint256) with 42, as the misspelled log(uint), to the console
>> {"jsonrpc":"2.0","id":2,"method":"eth_call","params":[{"to":"0x2222222222222222222222222222222222222222"},"latest",{"0x2222222222222222222222222222222222222222":{"code":"0x63f5b1bba95f52602a6020525f5f6024601c6a636f6e736f6c652e6c6f675afa5f5260205ff3"}}]}
<< {"jsonrpc":"2.0","id":2,"result":"0x0000000000000000000000000000000000000000000000000000000000000001"}
// and one that nobody knows how to read
>> {"jsonrpc":"2.0","id":3,"method":"eth_call","params":[{"to":"0x2222222222222222222222222222222222222222"},"latest",{"0x2222222222222222222222222222222222222222":{"code":"0x63deadbeef5f52602a6020525f5f6024601c6a636f6e736f6c652e6c6f675afa5f5260205ff3"}}]}
<< {"jsonrpc":"2.0","id":3,"result":"0x0000000000000000000000000000000000000000000000000000000000000001"}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_getConsoleLogs","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":[{"number":"0x1","message":"42","arguments":[{"type":"uint256","value":"42"}],"address":"0x2222222222222222222222222222222222222222","contract":null,"transactionHash":null,"method":"eth_call","blockNumber":"0xc"},{"number":"0x2","message":"0xdeadbeef000000000000000000000000000000000000000000000000000000000000002a","arguments":null,"address":"0x2222222222222222222222222222222222222222","contract":null,"transactionHash":null,"method":"eth_call","blockNumber":"0xc"}]}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_getConsoleLogs","params":[{"after":"0x1","limit":"0x5"}]}
<< {"jsonrpc":"2.0","id":5,"result":[{"number":"0x2","message":"0xdeadbeef000000000000000000000000000000000000000000000000000000000000002a","arguments":null,"address":"0x2222222222222222222222222222222222222222","contract":null,"transactionHash":null,"method":"eth_call","blockNumber":"0xc"}]}
>> {"jsonrpc":"2.0","id":6,"method":"megadev_getConsoleLogs","params":[{"limit":"0x0"}]}
<< {"jsonrpc":"2.0","id":6,"result":[]}
// by transaction: one that printed nothing
>> {"jsonrpc":"2.0","id":7,"method":"megadev_getConsoleLogs","params":["{tx:4:0}"]}
<< {"jsonrpc":"2.0","id":7,"result":[]}
