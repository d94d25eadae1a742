// chain: bridged
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getWithdrawal","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"resource not found: L2 has no withdrawal 0x1111111111111111111111111111111111111111111111111111111111111111"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_getWithdrawal","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"missing value for required argument 0 (withdrawal_hash)"}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_getWithdrawal","params":["0x11"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (withdrawal_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x11\""}}
