// a key that is none: zero
>> {"jsonrpc":"2.0","id":1,"method":"personal_importRawKey","params":["0x0000000000000000000000000000000000000000000000000000000000000000"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"the private key must be in [1, n)"}}
// one beyond the group's order
>> {"jsonrpc":"2.0","id":2,"method":"personal_importRawKey","params":["0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"the private key must be in [1, n)"}}
// a short key
>> {"jsonrpc":"2.0","id":3,"method":"personal_importRawKey","params":["0x1234"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (key): expected a 32-byte word (0x and 64 hex digits), got \"0x1234\""}}
// nothing
>> {"jsonrpc":"2.0","id":4,"method":"personal_importRawKey","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (key)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"personal_importRawKey","params":["0x4242424242424242424242424242424242424242424242424242424242424242","",1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
