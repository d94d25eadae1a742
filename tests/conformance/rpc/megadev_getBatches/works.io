// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getBatches","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"unsafe":"0x0","safe":"0x0","finalized":"0x0","stalled":null,"underivable":null,"batches":[]}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_batcher_flush","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":{"running":true,"address":"0x11cde48aa53a0a8f3b535a4b1720476c38ed35db","inbox":"0x00656c604fc470e6a566a695b74455e18a6d75d3","da":"calldata","format":"span","compression":"brotli","bytes":"0xf4240","seconds":"0x6","blocks":"0x64","unposted":"0x0","stalled":null}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_getBatches","params":["0x1"]}
<< {"jsonrpc":"2.0","id":3,"result":{"unsafe":"0x0","safe":"0x0","finalized":"0x0","stalled":null,"underivable":null,"batches":[]}}
