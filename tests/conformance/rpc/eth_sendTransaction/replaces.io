// chain: paused
// with a higher fee
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x2","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x174876e800","maxPriorityFeePerGas":"0x174876e80"}]}
<< {"jsonrpc":"2.0","id":1,"result":"0xddedcab6579418868f40f8ef8e583344474328f15852096567930cb0beff4ade"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionByHash","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
// with one hardly higher
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x3","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x174876e801","maxPriorityFeePerGas":"0x174876e81"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32003,"message":"replacement transaction underpriced: maxFeePerGas 100000000001, at least 110000000000 needed to replace 0xddedcab6579418868f40f8ef8e583344474328f15852096567930cb0beff4ade"}}
