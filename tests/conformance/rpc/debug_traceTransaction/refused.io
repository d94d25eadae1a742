// no such transaction
>> {"jsonrpc":"2.0","id":1,"method":"debug_traceTransaction","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"transaction not found: 0x1111111111111111111111111111111111111111111111111111111111111111"}}
>> {"jsonrpc":"2.0","id":2,"method":"debug_traceTransaction","params":["0x1111111111111111111111111111111111111111111111111111111111111111",{"tracer":"callTracer"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"transaction not found: 0x1111111111111111111111111111111111111111111111111111111111111111"}}
// no such tracer
>> {"jsonrpc":"2.0","id":3,"method":"debug_traceTransaction","params":["{tx:1:0}",{"tracer":"callTrace"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"tracer not found: \"callTrace\"; use one of 4byteTracer, callTracer, flatCallTracer, muxTracer, noopTracer, prestateTracer, or omit tracer for struct logs"}}
// JavaScript
>> {"jsonrpc":"2.0","id":4,"method":"debug_traceTransaction","params":["{tx:1:0}",{"tracer":"{data: [], fault: function(log) {}, step: function(log) { this.data.push(log.op.toString()); }, result: function() { return this.data; }}"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"JavaScript tracers are not supported: use one of 4byteTracer, callTracer, flatCallTracer, muxTracer, noopTracer, prestateTracer, or omit tracer for struct logs"}}
// options that cannot be
>> {"jsonrpc":"2.0","id":5,"method":"debug_traceTransaction","params":["{tx:1:0}",{"tracer":"callTracer","tracerConfig":{"withLog":"yes"}}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"tracerConfig of callTracer.withLog: expected a boolean, got \"yes\""}}
>> {"jsonrpc":"2.0","id":6,"method":"debug_traceTransaction","params":["{tx:1:0}",{"tracer":"prestateTracer","tracerConfig":{"diffMode":true,"includeEmpty":true}}]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"tracerConfig of prestateTracer: cannot use diffMode with includeEmpty: choose one"}}
>> {"jsonrpc":"2.0","id":7,"method":"debug_traceTransaction","params":["{tx:1:0}",{"timeout":"soon"}]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"invalid argument 1 (options).timeout: expected a duration such as \"5s\", \"500ms\" or \"1m30s\", got \"soon\""}}
>> {"jsonrpc":"2.0","id":8,"method":"debug_traceTransaction","params":["0x11"]}
<< {"jsonrpc":"2.0","id":8,"error":{"code":-32602,"message":"invalid argument 0 (tx_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x11\""}}
>> {"jsonrpc":"2.0","id":9,"method":"debug_traceTransaction","params":[]}
<< {"jsonrpc":"2.0","id":9,"error":{"code":-32602,"message":"missing value for required argument 0 (tx_hash)"}}
