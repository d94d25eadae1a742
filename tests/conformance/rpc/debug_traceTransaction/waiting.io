// chain: paused
// it is in no block yet
>> {"jsonrpc":"2.0","id":1,"method":"debug_traceTransaction","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"transaction not found in any block: 0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c is still in the txpool; mine it first"}}
>> {"jsonrpc":"2.0","id":2,"method":"debug_traceTransaction","params":["{waiting:0}",{"tracer":"callTracer"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"transaction not found in any block: 0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c is still in the txpool; mine it first"}}
