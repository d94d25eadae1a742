// no hash
>> {"jsonrpc":"2.0","id":1,"method":"eth_getCodeByHash","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (code_hash)"}}
// a short hash
>> {"jsonrpc":"2.0","id":2,"method":"eth_getCodeByHash","params":["0x1234"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (code_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x1234\""}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"eth_getCodeByHash","params":["0xc780128349969145aec2cfb0e2b553769e8dfc7964d976c3b9697e1e375601b6","latest"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
