>> {"jsonrpc":"2.0","id":1,"method":"eth_newBlockFilter","params":[]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_uninstallFilter","params":["{answer:1}"]}
// again
>> {"jsonrpc":"2.0","id":3,"method":"eth_uninstallFilter","params":["{answer:1}"]}
// never there
>> {"jsonrpc":"2.0","id":4,"method":"eth_uninstallFilter","params":["0x11111111111111111111111111111111"]}
