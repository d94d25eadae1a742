// no code, no steps
>> {"jsonrpc":"2.0","id":1,"method":"debug_traceTransaction","params":["{tx:1:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":{"failed":false,"gas":21000,"returnValue":"0x","structLogs":[]}}
>> {"jsonrpc":"2.0","id":2,"method":"debug_traceTransaction","params":["{tx:1:0}",{"tracer":"callTracer"}]}
<< {"jsonrpc":"2.0","id":2,"result":{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","gas":"0x1e8480","gasUsed":"0x5208","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","input":"0x","value":"0xde0b6b3a7640000","type":"CALL"}}
>> {"jsonrpc":"2.0","id":3,"method":"debug_traceTransaction","params":["{tx:1:0}",{"tracer":"flatCallTracer"}]}
<< {"jsonrpc":"2.0","id":3,"result":[{"type":"call","action":{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","gas":"0x1e8480","value":"0xde0b6b3a7640000","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","input":"0x","callType":"call"},"result":{"gasUsed":"0x5208","output":"0x"},"subtraces":0,"traceAddress":[],"blockHash":"0x6b6b64c1c0d33f528f6b762ef3b4c31ba7a7703062cf8d833db317d1d1115b66","blockNumber":1,"transactionHash":"0xecacd10a00b16705d6d0db66f6eec794404ffa75e4b2837e814df0b50423501c","transactionPosition":0}]}
// what it found, and what it changed
>> {"jsonrpc":"2.0","id":4,"method":"debug_traceTransaction","params":["{tx:1:0}",{"tracer":"prestateTracer"}]}
<< {"jsonrpc":"2.0","id":4,"result":{"0x70997970c51812dc3a010c7d01b50e0d17dc79c8":{"balance":"0x21e19e0c9bab2400000"},"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266":{"balance":"0x21e19e0c9bab2400000"}}}
>> {"jsonrpc":"2.0","id":5,"method":"debug_traceTransaction","params":["{tx:1:0}",{"tracer":"prestateTracer","tracerConfig":{"diffMode":true}}]}
<< {"jsonrpc":"2.0","id":5,"result":{"post":{"0x0000000000000000000000000000000000000000":{"balance":"0x1319718a5000"},"0x70997970c51812dc3a010c7d01b50e0d17dc79c8":{"balance":"0x21e27c1806e59a40000"},"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266":{"balance":"0x21e0bffef3755f8aa00","nonce":1}},"pre":{"0x70997970c51812dc3a010c7d01b50e0d17dc79c8":{"balance":"0x21e19e0c9bab2400000"},"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266":{"balance":"0x21e19e0c9bab2400000"}}}}
>> {"jsonrpc":"2.0","id":6,"method":"debug_traceTransaction","params":["{tx:1:0}",{"tracer":"4byteTracer"}]}
<< {"jsonrpc":"2.0","id":6,"result":{}}
