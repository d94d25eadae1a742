// an odd digit
>> {"jsonrpc":"2.0","id":1,"method":"web3_sha3","params":["0x123"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (data): expected bytes (0x and an even number of hex digits), got \"0x123\""}}
// no prefix
>> {"jsonrpc":"2.0","id":2,"method":"web3_sha3","params":["68656c6c6f"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (data): expected bytes (0x and an even number of hex digits), got \"68656c6c6f\""}}
// not a string
>> {"jsonrpc":"2.0","id":3,"method":"web3_sha3","params":[104]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (data): expected bytes (0x and an even number of hex digits), got 104"}}
