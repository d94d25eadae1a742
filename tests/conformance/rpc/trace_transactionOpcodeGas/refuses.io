// not a hash
>> {"jsonrpc":"2.0","id":1,"method":"trace_transactionOpcodeGas","params":["0x12"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (tx_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x12\""}}
