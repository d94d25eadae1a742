// geth's name for it
>> {"jsonrpc":"2.0","id":1,"method":"debug_getRawTransaction","params":["{tx:2:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":"0xf86f8085012a05f200831e8480943c44cdddb6a900fa2b585dd299e03d12fa4293bc881bc16d674ec800008082f4f6a046c8973ec9395773a033996b7adeb2eb6953a0dc3665532b2d25e109a62c4897a026ee04e7a44c7430b025d50e67682d4bf5d90c2b8b69f7697446930a5eb5fb29"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getRawTransactionByHash","params":["{tx:2:0}"]}
<< {"jsonrpc":"2.0","id":2,"result":"0xf86f8085012a05f200831e8480943c44cdddb6a900fa2b585dd299e03d12fa4293bc881bc16d674ec800008082f4f6a046c8973ec9395773a033996b7adeb2eb6953a0dc3665532b2d25e109a62c4897a026ee04e7a44c7430b025d50e67682d4bf5d90c2b8b69f7697446930a5eb5fb29"}
