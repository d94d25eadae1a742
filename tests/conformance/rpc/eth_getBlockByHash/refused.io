// a short hash
>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockByHash","params":["0x1234",false]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (block_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x1234\""}}
// a number is no hash
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBlockByHash","params":["0x1",false]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (block_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x1\""}}
