// no hash
>> {"jsonrpc":"2.0","id":1,"method":"eth_getTransactionReceipt","params":[]}
// a short hash
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionReceipt","params":["0x1234"]}
// no hex
>> {"jsonrpc":"2.0","id":3,"method":"eth_getTransactionReceipt","params":["0xzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"]}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"eth_getTransactionReceipt","params":["{tx:1:0}",true]}
