// no key
>> {"jsonrpc":"2.0","id":1,"method":"debug_dbGet","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (key)"}}
// no such code
>> {"jsonrpc":"2.0","id":2,"method":"debug_dbGet","params":["0x630000000000000000000000000000000000000000000000000000000000000000"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"not found: no code with hash 0x0000000000000000000000000000000000000000000000000000000000000000"}}
// nothing else is kept under keys
>> {"jsonrpc":"2.0","id":3,"method":"debug_dbGet","params":["0x680000000000000000000000000000000000000000000000000000000000000000"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"only code can be looked up: give 0x63 and its 32-byte hash, got 33 bytes"}}
// a key as text
>> {"jsonrpc":"2.0","id":4,"method":"debug_dbGet","params":["LastBlock"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"only code can be looked up: give 0x63 and its 32-byte hash, got 9 bytes"}}
// not a text
>> {"jsonrpc":"2.0","id":5,"method":"debug_dbGet","params":[1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 0 (key): expected a string, got 1"}}
