// a short signature
>> {"jsonrpc":"2.0","id":1,"method":"anvil_impersonateSignature","params":["0x1234","0x2222222222222222222222222222222222222222"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid signature: expected r, s and v (0, 1, 27 or 28) in 65 bytes, or 64 of EIP-2098; got 2 bytes"}}
// a short address
>> {"jsonrpc":"2.0","id":2,"method":"anvil_impersonateSignature","params":["0xf42a8f0d81999bb1ebfa5ab96208ca5f4b2890db087c15371f7b840c5a70853c46ae076d8999c080cda491c75eca1133ae94dc0282b778971b393d898f07b06e1b","0x1234"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (address): expected a 20-byte address (0x and 40 hex digits), got \"0x1234\""}}
// no address
>> {"jsonrpc":"2.0","id":3,"method":"anvil_impersonateSignature","params":["0xf42a8f0d81999bb1ebfa5ab96208ca5f4b2890db087c15371f7b840c5a70853c46ae076d8999c080cda491c75eca1133ae94dc0282b778971b393d898f07b06e1b"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 1 (address): the address that ecrecover returns"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"anvil_impersonateSignature","params":["0xf42a8f0d81999bb1ebfa5ab96208ca5f4b2890db087c15371f7b840c5a70853c46ae076d8999c080cda491c75eca1133ae94dc0282b778971b393d898f07b06e1b","0x2222222222222222222222222222222222222222",1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
