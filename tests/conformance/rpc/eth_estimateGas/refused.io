// no call
>> {"jsonrpc":"2.0","id":1,"method":"eth_estimateGas","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (call)"}}
// not an object
>> {"jsonrpc":"2.0","id":2,"method":"eth_estimateGas","params":[[]]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (call): expected an object, got an array"}}
// a negative value
>> {"jsonrpc":"2.0","id":3,"method":"eth_estimateGas","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":-1}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (call).value: expected a quantity (0x hex or number, below 2**256), got -1"}}
// no such tag
>> {"jsonrpc":"2.0","id":4,"method":"eth_estimateGas","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"},"newest"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 1 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, a 32-byte hash, or an object with blockNumber or blockHash, got \"newest\""}}
// a future block
>> {"jsonrpc":"2.0","id":5,"method":"eth_estimateGas","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"},"0x99"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
// too many
>> {"jsonrpc":"2.0","id":6,"method":"eth_estimateGas","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"},"latest",{},{},1]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"too many arguments, want at most 4, got 5"}}
