>> {"jsonrpc":"2.0","id":1,"method":"eth_newPendingTransactionFilter","params":[]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
>> {"jsonrpc":"2.0","id":3,"method":"eth_getFilterChanges","params":["{answer:1}"]}
// whole transactions
>> {"jsonrpc":"2.0","id":4,"method":"eth_newPendingTransactionFilter","params":[true]}
>> {"jsonrpc":"2.0","id":5,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00","nonce":"0x9"}]}
>> {"jsonrpc":"2.0","id":6,"method":"eth_getFilterChanges","params":["{answer:4}"]}
