// not a boolean
>> {"jsonrpc":"2.0","id":1,"method":"eth_newPendingTransactionFilter","params":["yes"]}
// too many
>> {"jsonrpc":"2.0","id":2,"method":"eth_newPendingTransactionFilter","params":[true,1]}
