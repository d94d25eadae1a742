// beyond the head
>> {"jsonrpc":"2.0","id":1,"method":"debug_setHead","params":["0xd"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"header not found: no block 13, the chain's head is block 12"}}
// without 0x
>> {"jsonrpc":"2.0","id":2,"method":"debug_setHead","params":["8"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (number): expected a quantity (0x hex or number, below 2**64), got \"8\""}}
// a tag
>> {"jsonrpc":"2.0","id":3,"method":"debug_setHead","params":["latest"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (number): expected a quantity (0x hex or number, below 2**64), got \"latest\""}}
// nothing
>> {"jsonrpc":"2.0","id":4,"method":"debug_setHead","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (number)"}}
// nothing changed
>> {"jsonrpc":"2.0","id":5,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":"0xc"}
