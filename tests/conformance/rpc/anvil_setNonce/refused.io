// the last there is (EIP-2681)
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setNonce","params":["0x2222222222222222222222222222222222222222","0xffffffffffffffff"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"nonce 18446744073709551615 can never be used: the highest is 18446744073709551614 (EIP-2681)"}}
// more than 64 bits
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setNonce","params":["0x2222222222222222222222222222222222222222","0x10000000000000000"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (nonce): expected a quantity (0x hex or number, below 2**64), got \"0x10000000000000000\""}}
// not a number
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setNonce","params":["0x2222222222222222222222222222222222222222","next"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 1 (nonce): expected a quantity (0x hex or number, below 2**64), got \"next\""}}
// no nonce
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setNonce","params":["0x2222222222222222222222222222222222222222"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 1 (nonce)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"anvil_setNonce","params":["0x2222222222222222222222222222222222222222","0x1",1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
