// a key that is none: zero
>> {"jsonrpc":"2.0","id":1,"method":"personal_importRawKey","params":["0x0000000000000000000000000000000000000000000000000000000000000000"]}
// one beyond the group's order
>> {"jsonrpc":"2.0","id":2,"method":"personal_importRawKey","params":["0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"]}
// a short key
>> {"jsonrpc":"2.0","id":3,"method":"personal_importRawKey","params":["0x1234"]}
// nothing
>> {"jsonrpc":"2.0","id":4,"method":"personal_importRawKey","params":[]}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"personal_importRawKey","params":["0x4242424242424242424242424242424242424242424242424242424242424242","",1]}
