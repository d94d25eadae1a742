// chain: bridged
>> {"jsonrpc":"2.0","id":1,"method":"megadev_skipWithdrawalWindows","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":"0x0"}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_skipWithdrawalWindows","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x0"}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_skipWithdrawalWindows","params":["0x1"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (withdrawal_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x1\""}}
