// the key derived from the mnemonic at m/44'/60'/4326'/0/0, also for blocks to come
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencerAt","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b"}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_sequencerAt","params":["0x0"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b"}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_sequencerAt","params":["0xffff"]}
<< {"jsonrpc":"2.0","id":3,"result":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b"}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_sequencerAt","params":["nonsense"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, got \"nonsense\""}}
