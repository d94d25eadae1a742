// by nobody
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendUnsignedTransaction","params":[{"to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
// more than there is
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendUnsignedTransaction","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
// no transaction
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendUnsignedTransaction","params":[]}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"eth_sendUnsignedTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"},1]}
