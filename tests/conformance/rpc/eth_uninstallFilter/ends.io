>> {"jsonrpc":"2.0","id":1,"method":"eth_newBlockFilter","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":"0x62e6e282e5c1657c78c3a967b36711eb"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_uninstallFilter","params":["{answer:1}"]}
<< {"jsonrpc":"2.0","id":2,"result":true}
// again
>> {"jsonrpc":"2.0","id":3,"method":"eth_uninstallFilter","params":["{answer:1}"]}
<< {"jsonrpc":"2.0","id":3,"result":false}
// never there
>> {"jsonrpc":"2.0","id":4,"method":"eth_uninstallFilter","params":["0x11111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":4,"result":false}
