// chain: megaeth
// nothing is set yet
>> {"jsonrpc":"2.0","id":1,"method":"megadev_oracle_status","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"address":"0x6342000000000000000000000000000000000001","values":{},"stored":{"0x0":"0x0000000000000000000000000000000000000000000000000000000000000000"},"timestamp":"clock","hasScript":false,"hints":"0x0"}}
