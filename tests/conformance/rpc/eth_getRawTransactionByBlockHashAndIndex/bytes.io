>> {"jsonrpc":"2.0","id":1,"method":"eth_getRawTransactionByBlockHashAndIndex","params":["{block:1}","0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x02f876827a6980843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c8880de0b6b3a764000080c001a051f1c452d0e7e87aba5fdca94aaad1392d40db9479c583321de79288633783b4a01b3e298fdad757e8fc49e98bf934a4a3d4ba61632508bba92a6081d8f6292ac8"}
// no such block
>> {"jsonrpc":"2.0","id":2,"method":"eth_getRawTransactionByBlockHashAndIndex","params":["0x1111111111111111111111111111111111111111111111111111111111111111","0x0"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
