// not with Anvil: it reloads nothing
// chain: watched
// nothing to undo yet
>> {"jsonrpc":"2.0","id":1,"method":"megadev_reloadUndo","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"there is no reload to undo"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_reloadApply","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":{"refused":false,"changed":["Counter.sol:Counter","Factory.sol:Factory"],"contracts":[{"contract":"Counter.sol:Counter","chain":"l2","address":"0x8A791620dd6260079BF849Dc5567aDC3F2FdC318","proxies":[],"action":"replace code","conflicts":[]}],"text":"Counter.sol:Counter at 0x8A791620dd6260079BF849Dc5567aDC3F2FdC318: replace code","number":1}}
>> {"jsonrpc":"2.0","id":3,"method":"evm_mine","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":"0x0"}
// with the block that came after
>> {"jsonrpc":"2.0","id":4,"method":"megadev_reloadUndo","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":{"number":1,"blocks":{"l2":1},"contracts":["Counter.sol:Counter"],"text":"undid reload 1 of Counter.sol:Counter: the chain is as it was before that reload (blocks reverted: 1 of L2)"}}
>> {"jsonrpc":"2.0","id":5,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":"0xe"}
