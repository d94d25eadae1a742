// no transaction
>> {"jsonrpc":"2.0","id":1,"method":"eth_fillTransaction","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (request)"}}
// one that would fail
>> {"jsonrpc":"2.0","id":2,"method":"eth_fillTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x0165878a594ca255338adfa4d48449f69242eb8f","data":"0x75f19a5d"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":3,"message":"execution reverted: out of luck","data":"0x08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000b6f7574206f66206c75636b000000000000000000000000000000000000000000"}}
// another chain
>> {"jsonrpc":"2.0","id":3,"method":"eth_fillTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","chainId":"0x1"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid chain id for signer: have 1, want 31337; sign for chain id 31337 or switch the wallet's network"}}
// fields of two types
>> {"jsonrpc":"2.0","id":4,"method":"eth_fillTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","type":"0x0","maxFeePerGas":"0x77359400"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"a type 0 transaction takes gasPrice, not maxFeePerGas or maxPriorityFeePerGas"}}
// a type that is none
>> {"jsonrpc":"2.0","id":5,"method":"eth_fillTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","type":"0x7"}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32003,"message":"transaction type not supported: transaction type not valid here: 0x07; this chain takes 0x0, 0x1, 0x2, 0x3, 0x4"}}
// too many
>> {"jsonrpc":"2.0","id":6,"method":"eth_fillTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"},1]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
