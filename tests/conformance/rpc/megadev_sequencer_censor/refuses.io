// no address, no list
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_censor","params":[["0x12"]]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (addresses)[0]: expected a 20-byte address (0x and 40 hex digits), got \"0x12\""}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_sequencer_censor","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (addresses): expected an array, got \"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\""}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_sequencer_censor","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (addresses)"}}
