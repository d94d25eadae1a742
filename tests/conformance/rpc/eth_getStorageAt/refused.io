// a slot wider than 256 bits
>> {"jsonrpc":"2.0","id":1,"method":"eth_getStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x10000000000000000000000000000000000000000000000000000000000000000","latest"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 1 (slot): expected at most 32 bytes (64 hex digits), got \"0x10000000000000000000000000000000000000000000000000000000000000000\""}}
// not hex
>> {"jsonrpc":"2.0","id":2,"method":"eth_getStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0xzz","latest"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (slot): expected a quantity (0x hex or number, below 2**256), got \"0xzz\""}}
// no slot
>> {"jsonrpc":"2.0","id":3,"method":"eth_getStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 1 (slot)"}}
// a future block
>> {"jsonrpc":"2.0","id":4,"method":"eth_getStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x0","0x99"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
