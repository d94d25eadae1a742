>> {"jsonrpc":"2.0","id":1,"method":"eth_newPendingTransactionFilter","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":"0x62e6e282e5c1657c78c3a967b36711eb"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":2,"result":"0x4d3c43d3b62d25e844075ffb040673ae5a5161b32a7e1998284eb485c04a7046"}
>> {"jsonrpc":"2.0","id":3,"method":"eth_getFilterChanges","params":["{answer:1}"]}
<< {"jsonrpc":"2.0","id":3,"result":["0x4d3c43d3b62d25e844075ffb040673ae5a5161b32a7e1998284eb485c04a7046"]}
// whole transactions
>> {"jsonrpc":"2.0","id":4,"method":"eth_newPendingTransactionFilter","params":[true]}
<< {"jsonrpc":"2.0","id":4,"result":"0x3906a7c8603d71d409e7a54d87bdc1f7"}
>> {"jsonrpc":"2.0","id":5,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00","nonce":"0x9"}]}
<< {"jsonrpc":"2.0","id":5,"result":"0xde61033d632912c1a939f921e3e309573b8bfb6a049f02e12e2aca4503786604"}
>> {"jsonrpc":"2.0","id":6,"method":"eth_getFilterChanges","params":["{answer:4}"]}
<< {"jsonrpc":"2.0","id":6,"result":[{"type":"0x2","hash":"0xde61033d632912c1a939f921e3e309573b8bfb6a049f02e12e2aca4503786604","nonce":"0x9","from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208","gasPrice":"0x12a05f200","input":"0x","v":"0x1","r":"0x78645a26a4b6bf610ca74701fa3e650f0a1f50cd7ff74b6a48efb2e13ddfb1e6","s":"0xf0883f0c31270dcb09e006e3e42d97b27dae67ee6aa4f33ba8a14038d16990","chainId":"0x7a69","yParity":"0x1","accessList":[],"maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00","blockHash":null,"blockNumber":null,"transactionIndex":null}]}
