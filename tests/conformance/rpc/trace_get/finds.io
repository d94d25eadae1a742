// the transaction itself
>> {"jsonrpc":"2.0","id":1,"method":"trace_get","params":["{tx:7:0}",[]]}
<< {"jsonrpc":"2.0","id":1,"result":{"type":"call","action":{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","gas":"0x1e31ac","value":"0x0","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","input":"0x55241077000000000000000000000000000000000000000000000000000000000000002a","callType":"call"},"result":{"gasUsed":"0x5753","output":"0x"},"subtraces":0,"traceAddress":[],"blockHash":"0xcd348888bb858fc4ef85aaea9df2c3ea0d4aa876ced2ec8ebceb01ebf670f433","blockNumber":7,"transactionHash":"0xbd8d7b4a11e37dd7bd0565d0b68762d608705e747569fc99a54ee801c63e0a35","transactionPosition":0}}
// there is no call below it
>> {"jsonrpc":"2.0","id":2,"method":"trace_get","params":["{tx:7:0}",["0x0"]]}
<< {"jsonrpc":"2.0","id":2,"result":null}
>> {"jsonrpc":"2.0","id":3,"method":"trace_get","params":["{tx:7:0}",[0,1]]}
<< {"jsonrpc":"2.0","id":3,"result":null}
// one that nobody sent
>> {"jsonrpc":"2.0","id":4,"method":"trace_get","params":["0x1111111111111111111111111111111111111111111111111111111111111111",["0x0"]]}
<< {"jsonrpc":"2.0","id":4,"result":null}
// no address
>> {"jsonrpc":"2.0","id":5,"method":"trace_get","params":["{tx:7:0}","0x0"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 1 (address): expected an array, got \"0x0\""}}
