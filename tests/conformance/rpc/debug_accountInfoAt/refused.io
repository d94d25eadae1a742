// no address
>> {"jsonrpc":"2.0","id":1,"method":"debug_accountInfoAt","params":["0x6",0]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 2 (address)"}}
// an index beyond the block's transactions
>> {"jsonrpc":"2.0","id":2,"method":"debug_accountInfoAt","params":["0x6",1,"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"transaction index 1 out of range for block 6, which has 1"}}
// an unknown block
>> {"jsonrpc":"2.0","id":3,"method":"debug_accountInfoAt","params":["0x0000000000000000000000000000000000000000000000000000000000000000",0,"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"header not found: no block 0x0000000000000000000000000000000000000000000000000000000000000000, the chain's head is block 12"}}
// a short address
>> {"jsonrpc":"2.0","id":4,"method":"debug_accountInfoAt","params":["0x6",0,"0x1234"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 2 (address): expected a 20-byte address (0x and 40 hex digits), got \"0x1234\""}}
