// no hash
>> {"jsonrpc":"2.0","id":1,"method":"eth_getTransactionReceipt","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (tx_hash)"}}
// a short hash
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionReceipt","params":["0x1234"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (tx_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x1234\""}}
// no hex
>> {"jsonrpc":"2.0","id":3,"method":"eth_getTransactionReceipt","params":["0xzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (tx_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0xzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\""}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"eth_getTransactionReceipt","params":["{tx:1:0}",true]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
