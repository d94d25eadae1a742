// the first block
>> {"jsonrpc":"2.0","id":1,"method":"debug_getHistoryTransactionCount","params":["0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x0"}
>> {"jsonrpc":"2.0","id":2,"method":"debug_getHistoryTransactionCount","params":["0xb"]}
<< {"jsonrpc":"2.0","id":2,"result":"0xb"}
// the head
>> {"jsonrpc":"2.0","id":3,"method":"debug_getHistoryTransactionCount","params":["latest"]}
<< {"jsonrpc":"2.0","id":3,"result":"0xe"}
>> {"jsonrpc":"2.0","id":4,"method":"debug_getHistoryTransactionCount","params":["{block:2}"]}
<< {"jsonrpc":"2.0","id":4,"result":"0x2"}
