// nothing to restart
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_restart","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"the sequencer has not crashed: it is running"}}
