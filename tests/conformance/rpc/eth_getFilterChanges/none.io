// nothing new is an empty list
>> {"jsonrpc":"2.0","id":1,"method":"eth_newBlockFilter","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":"0x62e6e282e5c1657c78c3a967b36711eb"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getFilterChanges","params":["{answer:1}"]}
<< {"jsonrpc":"2.0","id":2,"result":[]}
>> {"jsonrpc":"2.0","id":3,"method":"eth_getFilterChanges","params":["{answer:1}"]}
<< {"jsonrpc":"2.0","id":3,"result":[]}
