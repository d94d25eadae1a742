// no such block
>> {"jsonrpc":"2.0","id":1,"method":"debug_traceCall","params":[{"to":"0x2222222222222222222222222222222222222222"},"0xffff"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"header not found: no block 65535, the chain's head is block 12"}}
>> {"jsonrpc":"2.0","id":2,"method":"debug_traceCall","params":[{"to":"0x2222222222222222222222222222222222222222"},"0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"header not found: no block 0x1111111111111111111111111111111111111111111111111111111111111111, the chain's head is block 12"}}
// no such transaction in it
>> {"jsonrpc":"2.0","id":3,"method":"debug_traceCall","params":[{"to":"0x2222222222222222222222222222222222222222"},"0xc",{"txIndex":"0x4"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"txIndex 4 is out of range: block 12 has 3 transactions"}}
// no such balance
>> {"jsonrpc":"2.0","id":4,"method":"debug_traceCall","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0x2222222222222222222222222222222222222222","value":"0x1"},"latest"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32003,"message":"insufficient funds for transfer: address 0x2222222222222222222222222222222222222222 have 0 want 1"}}
>> {"jsonrpc":"2.0","id":5,"method":"debug_traceCall","params":[{"to":"0x2222222222222222222222222222222222222222"},"latest",{"tracer":"callTrace"}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"tracer not found: \"callTrace\"; use one of 4byteTracer, callTracer, flatCallTracer, muxTracer, noopTracer, prestateTracer, or omit tracer for struct logs"}}
>> {"jsonrpc":"2.0","id":6,"method":"debug_traceCall","params":["0x"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"invalid argument 0 (call): expected an object, got \"0x\""}}
