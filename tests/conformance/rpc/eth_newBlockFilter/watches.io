>> {"jsonrpc":"2.0","id":1,"method":"eth_newBlockFilter","params":[]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getFilterChanges","params":["{answer:1}"]}
>> {"jsonrpc":"2.0","id":3,"method":"evm_mine","params":[]}
>> {"jsonrpc":"2.0","id":4,"method":"evm_mine","params":[]}
>> {"jsonrpc":"2.0","id":5,"method":"eth_getFilterChanges","params":["{answer:1}"]}
>> {"jsonrpc":"2.0","id":6,"method":"eth_getFilterChanges","params":["{answer:1}"]}
