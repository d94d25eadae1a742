// no block at all
>> {"jsonrpc":"2.0","id":1,"method":"trace_blockOpcodeGas","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (block)"}}
