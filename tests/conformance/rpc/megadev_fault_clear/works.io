// one, what is not on, all
>> {"jsonrpc":"2.0","id":1,"method":"megadev_fault_set","params":["censor",["0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]]}
<< {"jsonrpc":"2.0","id":1,"result":[{"name":"censor","arguments":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]}]}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_fault_set","params":["withhold-witness"]}
<< {"jsonrpc":"2.0","id":2,"result":[{"name":"censor","arguments":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]},{"name":"withhold-witness","arguments":[]}]}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_fault_clear","params":["censor"]}
<< {"jsonrpc":"2.0","id":3,"result":[{"name":"withhold-witness","arguments":[]}]}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_fault_clear","params":["reorder"]}
<< {"jsonrpc":"2.0","id":4,"result":[{"name":"withhold-witness","arguments":[]}]}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_fault_clear","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":[]}
