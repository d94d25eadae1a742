// both ways to name blocks
>> {"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"blockHash":"{block:1}","fromBlock":"0x1"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (filter): cannot specify both blockHash and fromBlock/toBlock: choose one or the other"}}
// a short topic
>> {"jsonrpc":"2.0","id":2,"method":"eth_getLogs","params":[{"topics":["0x1234"]}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (filter).topics[0]: expected a 32-byte hash (0x and 64 hex digits), got \"0x1234\""}}
// five topics
>> {"jsonrpc":"2.0","id":3,"method":"eth_getLogs","params":[{"topics":[null,null,null,null,null]}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (filter).topics: expected an array of up to 4 topics, got 5"}}
// no filter
>> {"jsonrpc":"2.0","id":4,"method":"eth_getLogs","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (filter)"}}
// a bad address
>> {"jsonrpc":"2.0","id":5,"method":"eth_getLogs","params":[{"address":"0x12"}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 0 (filter).address: expected a 20-byte address (0x and 40 hex digits), got \"0x12\""}}
