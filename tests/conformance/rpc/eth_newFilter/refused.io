// upside down
>> {"jsonrpc":"2.0","id":1,"method":"eth_newFilter","params":[{"fromBlock":"0x5","toBlock":"0x4"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid block range params: from block 5 to block 4"}}
// a short topic
>> {"jsonrpc":"2.0","id":2,"method":"eth_newFilter","params":[{"topics":["0x1234"]}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (filter).topics[0]: expected a 32-byte hash (0x and 64 hex digits), got \"0x1234\""}}
// not an object
>> {"jsonrpc":"2.0","id":3,"method":"eth_newFilter","params":["latest"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (filter): expected an object, got \"latest\""}}
// an unknown block
>> {"jsonrpc":"2.0","id":4,"method":"eth_newFilter","params":[{"blockHash":"0x1111111111111111111111111111111111111111111111111111111111111111"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"header not found: no block 0x1111111111111111111111111111111111111111111111111111111111111111, the chain's head is block 12"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"eth_newFilter","params":[{},1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
