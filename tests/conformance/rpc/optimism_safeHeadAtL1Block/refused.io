// chain: megaeth
// no block
>> {"jsonrpc":"2.0","id":1,"method":"optimism_safeHeadAtL1Block","params":["never"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (number): expected a quantity (0x hex or number, below 2**64), got \"never\""}}
