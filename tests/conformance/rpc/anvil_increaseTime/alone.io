// not with Anvil: it has one chain
// chain: L1
// a minute that only this chain travels, then 40 seconds together with the L2
>> {"jsonrpc":"2.0","id":1,"method":"anvil_increaseTime","params":[60,true]}
<< {"jsonrpc":"2.0","id":1,"result":60}
>> {"jsonrpc":"2.0","id":2,"method":"anvil_increaseTime","params":[40,false]}
<< {"jsonrpc":"2.0","id":2,"result":100}
