// upside down
>> {"jsonrpc":"2.0","id":1,"method":"eth_newFilter","params":[{"fromBlock":"0x5","toBlock":"0x4"}]}
// a short topic
>> {"jsonrpc":"2.0","id":2,"method":"eth_newFilter","params":[{"topics":["0x1234"]}]}
// not an object
>> {"jsonrpc":"2.0","id":3,"method":"eth_newFilter","params":["latest"]}
// an unknown block
>> {"jsonrpc":"2.0","id":4,"method":"eth_newFilter","params":[{"blockHash":"0x1111111111111111111111111111111111111111111111111111111111111111"}]}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"eth_newFilter","params":[{},1]}
