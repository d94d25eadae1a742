// no call
>> {"jsonrpc":"2.0","id":1,"method":"eth_createAccessList","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (call)"}}
// not an object
>> {"jsonrpc":"2.0","id":2,"method":"eth_createAccessList","params":["0x1"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (call): expected an object, got \"0x1\""}}
// an access list that is none
>> {"jsonrpc":"2.0","id":3,"method":"eth_createAccessList","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","accessList":"0x"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (call).accessList: expected an array, got \"0x\""}}
// a future block
>> {"jsonrpc":"2.0","id":4,"method":"eth_createAccessList","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"},"0x99"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"eth_createAccessList","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"},"latest",{},1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 3, got 4"}}
