// not with Anvil: it reloads nothing
// chain: watched
// what says so itself
>> {"jsonrpc":"2.0","id":1,"method":"megadev_trackContract","params":["0x8A791620dd6260079BF849Dc5567aDC3F2FdC318","Counter"]}
<< {"jsonrpc":"2.0","id":1,"result":{"contract":"Counter.sol:Counter","chain":"l2","address":"0x8A791620dd6260079BF849Dc5567aDC3F2FdC318","codeMatches":true,"layoutKnown":true}}
// the same by its source and name, at an address where it is not
>> {"jsonrpc":"2.0","id":2,"method":"megadev_trackContract","params":["0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512","Lib.sol:Lib"]}
<< {"jsonrpc":"2.0","id":2,"result":{"contract":"Lib.sol:Lib","chain":"l2","address":"0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512","codeMatches":false,"layoutKnown":true}}
// no contract of that name
>> {"jsonrpc":"2.0","id":3,"method":"megadev_trackContract","params":["0x8A791620dd6260079BF849Dc5567aDC3F2FdC318","Vault"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"no contract is named Vault: choose one of Bank.sol:Bank, Counter.sol:Counter, Factory.sol:Factory, Lib.sol:Lib, Proxy.sol:Proxy"}}
// no code there
>> {"jsonrpc":"2.0","id":4,"method":"megadev_trackContract","params":["0x00000000000000000000000000000000000000aa","Counter"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"there is no code at 0x00000000000000000000000000000000000000AA"}}
// no artifact
>> {"jsonrpc":"2.0","id":5,"method":"megadev_trackContract","params":["0x8A791620dd6260079BF849Dc5567aDC3F2FdC318",{"abi":[]}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid artifact: the contract has no name: set its name field"}}
