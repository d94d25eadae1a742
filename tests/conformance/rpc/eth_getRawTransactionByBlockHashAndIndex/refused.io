// no index
>> {"jsonrpc":"2.0","id":1,"method":"eth_getRawTransactionByBlockHashAndIndex","params":["{block:1}"]}
// a short hash
>> {"jsonrpc":"2.0","id":2,"method":"eth_getRawTransactionByBlockHashAndIndex","params":["0x1234","0x0"]}
// an index that is none
>> {"jsonrpc":"2.0","id":3,"method":"eth_getRawTransactionByBlockHashAndIndex","params":["{block:1}","first"]}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"eth_getRawTransactionByBlockHashAndIndex","params":["{block:1}","0x0",true]}
