// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"megadev_fault_set","params":["censor",["0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]]}
<< {"jsonrpc":"2.0","id":1,"result":[{"name":"censor","arguments":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]}]}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_fault_set","params":["withhold-batches"]}
<< {"jsonrpc":"2.0","id":2,"result":[{"name":"censor","arguments":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]},{"name":"withhold-batches","arguments":[]}]}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_batcher_status","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":{"running":false,"address":"0x11cde48aa53a0a8f3b535a4b1720476c38ed35db","inbox":"0x00656c604fc470e6a566a695b74455e18a6d75d3","da":"calldata","format":"span","compression":"brotli","bytes":"0xf4240","seconds":"0x6","blocks":"0x64","unposted":"0x0","stalled":null}}
