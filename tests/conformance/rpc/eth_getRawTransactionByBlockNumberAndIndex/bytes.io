>> {"jsonrpc":"2.0","id":1,"method":"eth_getRawTransactionByBlockNumberAndIndex","params":["0xc","0x1"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x02f86e827a6980847735940085012a05f200831e848094f39fd6e51aad88f6f4ce6ab8827279cfffb922660180c080a07181b12a5c7d957db17cbc3c1b9235414d5f8c63fffcd482d30f9a5705950691a06ffde7b30cebfb842a7e104dc899e1fb74a6d8e2f27316b9eb851ae2449bb274"}
// no such index
>> {"jsonrpc":"2.0","id":2,"method":"eth_getRawTransactionByBlockNumberAndIndex","params":["0xc","0x9"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
