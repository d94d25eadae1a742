>> {"jsonrpc":"2.0","id":1,"method":"eth_getUncleCountByBlockHash","params":["0xaabcfac291151aafd468c9b90b164753f72649ce1275a8f89cdc6d61a4fefc49"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x0"}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getUncleCountByBlockHash","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
