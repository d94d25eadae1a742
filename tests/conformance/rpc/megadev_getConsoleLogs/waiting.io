// chain: paused
// a transaction that waits has printed nothing yet
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getConsoleLogs","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":[]}
