// not an object
>> {"jsonrpc":"2.0","id":1,"method":"eth_getStorageValues","params":[["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"]]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (slots): expected an object, got an array"}}
// a bad key
>> {"jsonrpc":"2.0","id":2,"method":"eth_getStorageValues","params":[{"0x12":["0x0"]}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (slots).key: expected a 20-byte address (0x and 40 hex digits), got \"0x12\""}}
