>> {"jsonrpc":"2.0","id":1,"method":"eth_getStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x0","latest"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
// the same as a word
>> {"jsonrpc":"2.0","id":2,"method":"eth_getStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x0000000000000000000000000000000000000000000000000000000000000000","latest"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
// before it was written
>> {"jsonrpc":"2.0","id":3,"method":"eth_getStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x0","0x6"]}
<< {"jsonrpc":"2.0","id":3,"result":"0x0000000000000000000000000000000000000000000000000000000000000000"}
// the last slot
>> {"jsonrpc":"2.0","id":4,"method":"eth_getStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff","latest"]}
<< {"jsonrpc":"2.0","id":4,"result":"0x0000000000000000000000000000000000000000000000000000000000000001"}
// never written
>> {"jsonrpc":"2.0","id":5,"method":"eth_getStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x7","latest"]}
<< {"jsonrpc":"2.0","id":5,"result":"0x0000000000000000000000000000000000000000000000000000000000000000"}
// of nobody
>> {"jsonrpc":"2.0","id":6,"method":"eth_getStorageAt","params":["0x2222222222222222222222222222222222222222","0x0","latest"]}
<< {"jsonrpc":"2.0","id":6,"result":"0x0000000000000000000000000000000000000000000000000000000000000000"}
