// by nobody
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendUnsignedTransaction","params":[{"to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"an unsigned transaction needs its sender: give from"}}
// more than there is
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendUnsignedTransaction","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32003,"message":"insufficient funds for gas * price + value: address 0x2222222222222222222222222222222222222222 have 0 want 105000000000001"}}
// no transaction
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendUnsignedTransaction","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (request)"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"eth_sendUnsignedTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"},1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
