// no filter
>> {"jsonrpc":"2.0","id":1,"method":"eth_getLogsWithCursor","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (filter)"}}
// a block and a range
>> {"jsonrpc":"2.0","id":2,"method":"eth_getLogsWithCursor","params":[{"blockHash":"{block:5}","fromBlock":"0x1"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (filter): cannot specify both blockHash and fromBlock/toBlock: choose one or the other"}}
// an unknown block
>> {"jsonrpc":"2.0","id":3,"method":"eth_getLogsWithCursor","params":[{"blockHash":"0x0000000000000000000000000000000000000000000000000000000000000000"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"unknown block: 0x0000000000000000000000000000000000000000000000000000000000000000"}}
// not a cursor
>> {"jsonrpc":"2.0","id":4,"method":"eth_getLogsWithCursor","params":[{"cursor":"0x01"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (filter).cursor: expected a cursor (8 bytes: block number and log index), got 1 bytes"}}
>> {"jsonrpc":"2.0","id":5,"method":"eth_getLogsWithCursor","params":[{"cursor":"next"}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 0 (filter).cursor: expected bytes (0x and an even number of hex digits), got \"next\""}}
