// not with Anvil: it reloads nothing
// chain: watched
// what was saved last; nothing is changed by asking
>> {"jsonrpc":"2.0","id":1,"method":"megadev_reloadPlan","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"refused":false,"changed":["Counter.sol:Counter","Factory.sol:Factory"],"contracts":[{"contract":"Counter.sol:Counter","chain":"l2","address":"0x8A791620dd6260079BF849Dc5567aDC3F2FdC318","proxies":[],"action":"replace code","conflicts":[]}],"text":"Counter.sol:Counter at 0x8A791620dd6260079BF849Dc5567aDC3F2FdC318: replace code"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_reloadPlan","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":{"refused":false,"changed":["Counter.sol:Counter","Factory.sol:Factory"],"contracts":[{"contract":"Counter.sol:Counter","chain":"l2","address":"0x8A791620dd6260079BF849Dc5567aDC3F2FdC318","proxies":[],"action":"replace code","conflicts":[]}],"text":"Counter.sol:Counter at 0x8A791620dd6260079BF849Dc5567aDC3F2FdC318: replace code"}}
