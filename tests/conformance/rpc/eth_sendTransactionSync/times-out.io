// chain: paused
// nobody mines: code 4, the hash in data
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendTransactionSync","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x9","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"},1]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":4,"message":"the transaction was added to the txpool but not included within 1 ms","data":"0xde61033d632912c1a939f921e3e309573b8bfb6a049f02e12e2aca4503786604"}}
