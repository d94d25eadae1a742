// the second sees what the first did
>> {"jsonrpc":"2.0","id":1,"method":"trace_callMany","params":[[[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x552410770000000000000000000000000000000000000000000000000000000000000007"},["stateDiff"]],[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"},["trace"]]],"latest"]}
<< {"jsonrpc":"2.0","id":1,"result":[{"output":"0x","trace":[],"stateDiff":{"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9":{"balance":"=","nonce":"=","code":"=","storage":{"0x0000000000000000000000000000000000000000000000000000000000000000":{"*":{"from":"0x000000000000000000000000000000000000000000000000000000000000002a","to":"0x0000000000000000000000000000000000000000000000000000000000000007"}}}},"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266":{"balance":"=","nonce":{"*":{"from":"0x8","to":"0x9"}},"code":"=","storage":{}}},"vmTrace":null},{"output":"0x0000000000000000000000000000000000000000000000000000000000000007","trace":[{"type":"call","action":{"from":"0x0000000000000000000000000000000000000000","gas":"0x1c97138","value":"0x0","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","input":"0x3fa4f245","callType":"call"},"result":{"gasUsed":"0x92e","output":"0x0000000000000000000000000000000000000000000000000000000000000007"},"subtraces":0,"traceAddress":[]}],"stateDiff":null,"vmTrace":null}]}
// none
>> {"jsonrpc":"2.0","id":2,"method":"trace_callMany","params":[[]]}
<< {"jsonrpc":"2.0","id":2,"result":[]}
// no pair
>> {"jsonrpc":"2.0","id":3,"method":"trace_callMany","params":[[[{"to":"0x2222222222222222222222222222222222222222"}]]]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (calls)[0]: expected a call and the kinds of traces, [call, kinds], got an array"}}
// no kinds
>> {"jsonrpc":"2.0","id":4,"method":"trace_callMany","params":[[[{"to":"0x2222222222222222222222222222222222222222"},["all"]]]]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (calls)[0]: expected trace, stateDiff, vmTrace, got \"all\""}}
