// nothing came before
>> {"jsonrpc":"2.0","id":1,"method":"debug_traceBlockByNumber","params":["0x0"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"genesis is not traceable: it has no parent"}}
>> {"jsonrpc":"2.0","id":2,"method":"debug_traceBlockByNumber","params":["earliest"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"genesis is not traceable: it has no parent"}}
// no such block
>> {"jsonrpc":"2.0","id":3,"method":"debug_traceBlockByNumber","params":["0xffff"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"header not found: no block 65535, the chain's head is block 12"}}
// no such tracer
>> {"jsonrpc":"2.0","id":4,"method":"debug_traceBlockByNumber","params":["0x1",{"tracer":"callTrace"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"tracer not found: \"callTrace\"; use one of 4byteTracer, callTracer, flatCallTracer, muxTracer, noopTracer, prestateTracer, or omit tracer for struct logs"}}
>> {"jsonrpc":"2.0","id":5,"method":"debug_traceBlockByNumber","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 0 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, got \"0x1111111111111111111111111111111111111111111111111111111111111111\""}}
