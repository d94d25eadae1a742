// INVALID
>> {"jsonrpc":"2.0","id":1,"method":"debug_traceCall","params":[{"to":"0x2222222222222222222222222222222222222222","gas":"0x7530"},"latest",{"stateOverrides":{"0x2222222222222222222222222222222222222222":{"code":"0xfe"}}}]}
<< {"jsonrpc":"2.0","id":1,"result":{"failed":true,"gas":30000,"returnValue":"0x","structLogs":[{"pc":0,"op":"INVALID","gas":9000,"gasCost":0,"depth":1,"error":"invalid opcode: INVALID","stack":[]}]}}
// no such jump destination
>> {"jsonrpc":"2.0","id":2,"method":"debug_traceCall","params":[{"to":"0x2222222222222222222222222222222222222222","gas":"0x7530"},"latest",{"stateOverrides":{"0x2222222222222222222222222222222222222222":{"code":"0x600756"}}}]}
<< {"jsonrpc":"2.0","id":2,"result":{"failed":true,"gas":30000,"returnValue":"0x","structLogs":[{"pc":0,"op":"PUSH1","gas":9000,"gasCost":3,"depth":1,"stack":[]},{"pc":2,"op":"JUMP","gas":8997,"gasCost":8,"depth":1,"error":"invalid jump destination","stack":["0x7"]}]}}
// out of gas
>> {"jsonrpc":"2.0","id":3,"method":"debug_traceCall","params":[{"to":"0x2222222222222222222222222222222222222222","gas":"0x5214"},"latest",{"stateOverrides":{"0x2222222222222222222222222222222222222222":{"code":"0x6001600255"}}}]}
<< {"jsonrpc":"2.0","id":3,"result":{"failed":true,"gas":21012,"returnValue":"0x","structLogs":[{"pc":0,"op":"PUSH1","gas":12,"gasCost":3,"depth":1,"stack":[]},{"pc":2,"op":"PUSH1","gas":9,"gasCost":3,"depth":1,"stack":["0x1"]},{"pc":4,"op":"SSTORE","gas":6,"gasCost":0,"depth":1,"error":"out of gas","stack":["0x1","0x2"],"storage":{"0x0000000000000000000000000000000000000000000000000000000000000002":"0x0000000000000000000000000000000000000000000000000000000000000001"}}]}}
// REVERT
>> {"jsonrpc":"2.0","id":4,"method":"debug_traceCall","params":[{"to":"0x2222222222222222222222222222222222222222","gas":"0x7530"},"latest",{"stateOverrides":{"0x2222222222222222222222222222222222222222":{"code":"0x5f5ffd"}}}]}
<< {"jsonrpc":"2.0","id":4,"result":{"failed":true,"gas":21004,"returnValue":"0x","structLogs":[{"pc":0,"op":"PUSH0","gas":9000,"gasCost":2,"depth":1,"stack":[]},{"pc":1,"op":"PUSH0","gas":8998,"gasCost":2,"depth":1,"stack":["0x0"]},{"pc":2,"op":"REVERT","gas":8996,"gasCost":0,"depth":1,"stack":["0x0","0x0"]}]}}
// an empty stack
>> {"jsonrpc":"2.0","id":5,"method":"debug_traceCall","params":[{"to":"0x2222222222222222222222222222222222222222","gas":"0x7530"},"latest",{"stateOverrides":{"0x2222222222222222222222222222222222222222":{"code":"0x01"}},"tracer":"callTracer"}]}
<< {"jsonrpc":"2.0","id":5,"result":{"from":"0x0000000000000000000000000000000000000000","gas":"0x7530","gasUsed":"0x7530","to":"0x2222222222222222222222222222222222222222","input":"0x","error":"stack underflow (0 <=> 2)","value":"0x0","type":"CALL"}}
