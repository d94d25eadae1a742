// no such trace
>> {"jsonrpc":"2.0","id":1,"method":"trace_call","params":[{"to":"0x2222222222222222222222222222222222222222"},["traces"]]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 1 (kinds): expected trace, stateDiff, vmTrace, got \"traces\""}}
// no list
>> {"jsonrpc":"2.0","id":2,"method":"trace_call","params":[{"to":"0x2222222222222222222222222222222222222222"},"trace"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (kinds): expected an array of trace, stateDiff, vmTrace, got \"trace\""}}
// no kinds
>> {"jsonrpc":"2.0","id":3,"method":"trace_call","params":[{"to":"0x2222222222222222222222222222222222222222"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 1 (kinds)"}}
// value that is not there
>> {"jsonrpc":"2.0","id":4,"method":"trace_call","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","value":"0x1"},["trace"]]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32003,"message":"insufficient funds for transfer: address 0x2222222222222222222222222222222222222222 have 0 want 1"}}
// no such block
>> {"jsonrpc":"2.0","id":5,"method":"trace_call","params":[{"to":"0x2222222222222222222222222222222222222222"},["trace"],"0x99"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
