// chain: megaeth
// no object, no number
>> {"jsonrpc":"2.0","id":1,"method":"megadev_oracle_setSlots","params":[[]]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (slots): expected an object of slots and values, got []"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_oracle_setSlots","params":[{"0x1":"many"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (slots): the value of slot 0x1: expected a number of up to 256 bits, in decimal or as 0x hex, got 'many'"}}
