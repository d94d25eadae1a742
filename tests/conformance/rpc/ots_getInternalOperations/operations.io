// chain: paused
// none
>> {"jsonrpc":"2.0","id":1,"method":"ots_getInternalOperations","params":["{tx:2:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":[]}
>> {"jsonrpc":"2.0","id":2,"method":"ots_getInternalOperations","params":["{tx:4:0}"]}
<< {"jsonrpc":"2.0","id":2,"result":[]}
// one that nobody sent
>> {"jsonrpc":"2.0","id":3,"method":"ots_getInternalOperations","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"transaction not found: 0x1111111111111111111111111111111111111111111111111111111111111111"}}
// one that waits
>> {"jsonrpc":"2.0","id":4,"method":"ots_getInternalOperations","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"transaction not found in any block: 0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c is still in the txpool; mine it first"}}
