>> {"jsonrpc":"2.0","id":1,"method":"eth_getRawTransactionByHash","params":["{tx:1:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x02f876827a6980843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c8880de0b6b3a764000080c001a051f1c452d0e7e87aba5fdca94aaad1392d40db9479c583321de79288633783b4a01b3e298fdad757e8fc49e98bf934a4a3d4ba61632508bba92a6081d8f6292ac8"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getRawTransactionByHash","params":["{tx:2:0}"]}
<< {"jsonrpc":"2.0","id":2,"result":"0xf86f8085012a05f200831e8480943c44cdddb6a900fa2b585dd299e03d12fa4293bc881bc16d674ec800008082f4f6a046c8973ec9395773a033996b7adeb2eb6953a0dc3665532b2d25e109a62c4897a026ee04e7a44c7430b025d50e67682d4bf5d90c2b8b69f7697446930a5eb5fb29"}
// unknown
>> {"jsonrpc":"2.0","id":3,"method":"eth_getRawTransactionByHash","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
