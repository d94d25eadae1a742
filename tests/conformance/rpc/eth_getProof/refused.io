// a key of 33 bytes
>> {"jsonrpc":"2.0","id":1,"method":"eth_getProof","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9",["0x10000000000000000000000000000000000000000000000000000000000000000"],"latest"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 1 (keys)[0]: expected at most 32 bytes (64 hex digits), got \"0x10000000000000000000000000000000000000000000000000000000000000000\""}}
// an unknown block
>> {"jsonrpc":"2.0","id":2,"method":"eth_getProof","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9",[],"0x99"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
// no keys
>> {"jsonrpc":"2.0","id":3,"method":"eth_getProof","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 1 (keys)"}}
