>> {"jsonrpc":"2.0","id":1,"method":"anvil_setBalance","params":["0x2222222222222222222222222222222222222222","0xde0b6b3a7640000"]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendUnsignedTransaction","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
>> {"jsonrpc":"2.0","id":3,"method":"eth_getTransactionReceipt","params":["{answer:2}"]}
>> {"jsonrpc":"2.0","id":4,"method":"eth_getTransactionByHash","params":["{answer:2}"]}
