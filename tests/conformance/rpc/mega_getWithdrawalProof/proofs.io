// chain: bridged
// a slot that holds something and one that does not, once a withdrawal was sent
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","to":"0x4200000000000000000000000000000000000016","value":"0x5","gas":"0x186a0","maxFeePerGas":"0x77359400","maxPriorityFeePerGas":"0x1"}]}
<< {"jsonrpc":"2.0","id":1,"result":"0x38ed717816c116b1f8e2001adff5b54555513d39ce33b79ae747cd2c1e7e47aa"}
>> {"jsonrpc":"2.0","id":2,"method":"evm_mine","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0x0"}
>> {"jsonrpc":"2.0","id":3,"method":"mega_getWithdrawalProof","params":["0x4200000000000000000000000000000000000016",["0x1","0x0000000000000000000000000000000000000000000000000000000000000000"],"latest"]}
<< {"jsonrpc":"2.0","id":3,"result":{"address":"0x4200000000000000000000000000000000000016","accountProof":[],"balance":"0x0","codeHash":"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470","nonce":"0x0","storageHash":"0x72d948096a257e2be4cf10eaa73c0cf7bc44b50857be2042423862b0ff94927f","storageProof":[{"key":"0x1","value":"0x1","proof":["0xf8518080808080808080808080a0f4984a11f61a2921456141df88de6e1a710d28681b91af794c5a721e47839cd7a0d15372fe0d7c04b9787a585f576d39f59a9710d3cd729396fb854acfbb49c74380808080","0xe2a0310e2d527612073b26eecdfd717e6a320cf44b4afac2b0732d9fcbe2b7fa0cf601"]},{"key":"0x0000000000000000000000000000000000000000000000000000000000000000","value":"0x0","proof":["0xf8518080808080808080808080a0f4984a11f61a2921456141df88de6e1a710d28681b91af794c5a721e47839cd7a0d15372fe0d7c04b9787a585f576d39f59a9710d3cd729396fb854acfbb49c74380808080"]}]}}
// before it, by the other name
>> {"jsonrpc":"2.0","id":4,"method":"eth_getWithdrawalProof","params":["0x4200000000000000000000000000000000000016",["0x1"],"0xc"]}
<< {"jsonrpc":"2.0","id":4,"result":{"address":"0x4200000000000000000000000000000000000016","accountProof":[],"balance":"0x0","codeHash":"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470","nonce":"0x0","storageHash":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","storageProof":[{"key":"0x1","value":"0x0","proof":[]}]}}
>> {"jsonrpc":"2.0","id":5,"method":"mega_getWithdrawalProof","params":["0x12",[],"latest"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"0x12\""}}
>> {"jsonrpc":"2.0","id":6,"method":"mega_getWithdrawalProof","params":["0x4200000000000000000000000000000000000016"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"missing value for required argument 1 (keys)"}}
