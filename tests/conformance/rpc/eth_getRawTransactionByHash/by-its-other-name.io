// geth's name for it
>> {"jsonrpc":"2.0","id":1,"method":"debug_getRawTransaction","params":["{tx:2:0}"]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getRawTransactionByHash","params":["{tx:2:0}"]}
