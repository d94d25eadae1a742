>> {"jsonrpc":"2.0","id":1,"method":"eth_getTransactionByBlockNumberAndIndex","params":["0xc","0x1"]}
<< {"jsonrpc":"2.0","id":1,"result":{"type":"0x2","hash":"0x1df4d8bb4a15191fc1ce58eafd28cbc4a8b72ea44a51e7f68caa20cbb5d1d3e7","nonce":"0x0","from":"0x90f79bf6eb2c4f870365e785982e1f101e93b906","to":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","value":"0x1","gas":"0x1e8480","gasPrice":"0x835e348d","input":"0x","v":"0x0","r":"0x7181b12a5c7d957db17cbc3c1b9235414d5f8c63fffcd482d30f9a5705950691","s":"0x6ffde7b30cebfb842a7e104dc899e1fb74a6d8e2f27316b9eb851ae2449bb274","chainId":"0x7a69","yParity":"0x0","accessList":[],"maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x77359400","blockHash":"0x72328b42d9e9d21ef7b8be9dd6c66a951f517628b03518c11c4e6347e3df76e6","blockNumber":"0xc","transactionIndex":"0x1","blockTimestamp":"0x6553f10c"}}
// no such index
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionByBlockNumberAndIndex","params":["0xc","0x3"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
// no such block
>> {"jsonrpc":"2.0","id":3,"method":"eth_getTransactionByBlockNumberAndIndex","params":["0x99","0x0"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
