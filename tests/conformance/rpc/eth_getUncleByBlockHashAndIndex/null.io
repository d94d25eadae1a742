>> {"jsonrpc":"2.0","id":1,"method":"eth_getUncleByBlockHashAndIndex","params":["{block:1}","0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
