>> {"jsonrpc":"2.0","id":1,"method":"eth_getUncleByBlockHashAndIndex","params":["0xaabcfac291151aafd468c9b90b164753f72649ce1275a8f89cdc6d61a4fefc49","0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
