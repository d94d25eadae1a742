// A dump may be plain JSON, and of accounts alone: {"accounts":{"0x00000000000000000000000000000000000000aa":{"nonce":3,"balance":"0x7","code":"0x00","storage":{"0x1":"0x2a"}}}}
>> {"jsonrpc":"2.0","id":1,"method":"anvil_loadState","params":["0x7b226163636f756e7473223a7b22307830303030303030303030303030303030303030303030303030303030303030303030303030306161223a7b226e6f6e6365223a332c2262616c616e6365223a22307837222c22636f6465223a2230783030222c2273746f72616765223a7b22307831223a2230783261227d7d7d7d"]}
<< {"jsonrpc":"2.0","id":1,"result":true}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBalance","params":["0x00000000000000000000000000000000000000aa","latest"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x7"}
>> {"jsonrpc":"2.0","id":3,"method":"eth_getTransactionCount","params":["0x00000000000000000000000000000000000000aa","latest"]}
<< {"jsonrpc":"2.0","id":3,"result":"0x3"}
>> {"jsonrpc":"2.0","id":4,"method":"eth_getStorageAt","params":["0x00000000000000000000000000000000000000aa","0x1","latest"]}
<< {"jsonrpc":"2.0","id":4,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
>> {"jsonrpc":"2.0","id":5,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":"0xc"}
// The higher nonce counts.
>> {"jsonrpc":"2.0","id":6,"method":"hardhat_loadState","params":["0x7b226163636f756e7473223a7b22307830303030303030303030303030303030303030303030303030303030303030303030303030306161223a7b226e6f6e6365223a312c2262616c616e6365223a22307838227d7d7d"]}
<< {"jsonrpc":"2.0","id":6,"result":true}
>> {"jsonrpc":"2.0","id":7,"method":"eth_getTransactionCount","params":["0x00000000000000000000000000000000000000aa","latest"]}
<< {"jsonrpc":"2.0","id":7,"result":"0x3"}
