// no filter
>> {"jsonrpc":"2.0","id":1,"method":"eth_uninstallFilter","params":[]}
// not a string
>> {"jsonrpc":"2.0","id":2,"method":"eth_uninstallFilter","params":[1]}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"eth_uninstallFilter","params":["0x1","0x2"]}
