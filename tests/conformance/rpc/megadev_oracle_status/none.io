// a chain without MegaETH's system contracts
>> {"jsonrpc":"2.0","id":1,"method":"megadev_oracle_status","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"this chain has no oracle: it is one of MegaETH's system contracts (--preset megaeth)"}}
