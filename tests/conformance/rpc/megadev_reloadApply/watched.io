// not with Anvil: it reloads nothing
// chain: watched
>> {"jsonrpc":"2.0","id":1,"method":"megadev_reloadApply","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"refused":false,"changed":["Counter.sol:Counter","Factory.sol:Factory"],"contracts":[{"contract":"Counter.sol:Counter","chain":"l2","address":"0x8A791620dd6260079BF849Dc5567aDC3F2FdC318","proxies":[],"action":"replace code","conflicts":[]}],"text":"Counter.sol:Counter at 0x8A791620dd6260079BF849Dc5567aDC3F2FdC318: replace code","number":1}}
// a bump goes two steps now
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendTransactionSync","params":[{"gas":"0x30d40","from":"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266","to":"0x8A791620dd6260079BF849Dc5567aDC3F2FdC318","data":"0x68110b2f"}]}
<< {"jsonrpc":"2.0","id":2,"result":{"type":"0x2","status":"0x1","cumulativeGasUsed":"0x111ab","logs":[],"logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","transactionHash":"0x94d29a5cb6160dc231d591349659da9a455c0c6b6ed5c7aef5f69920539cd2e5","transactionIndex":"0x0","blockHash":"0xccf32fd69553ad34d62b3a1c13ae9f863711c6c8e15b7ebd59daa21abc2a5625","blockNumber":"0xf","gasUsed":"0x111ab","effectiveGasPrice":"0x43c9ac8c","from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x8a791620dd6260079bf849dc5567adc3f2fdc318","contractAddress":null}}
>> {"jsonrpc":"2.0","id":3,"method":"eth_call","params":[{"to":"0x8A791620dd6260079BF849Dc5567aDC3F2FdC318","data":"0x06661abd"}]}
<< {"jsonrpc":"2.0","id":3,"result":"0x000000000000000000000000000000000000000000000000000000000000000a"}
// once more: there is nothing left to do
>> {"jsonrpc":"2.0","id":4,"method":"megadev_reloadApply","params":[false]}
<< {"jsonrpc":"2.0","id":4,"result":{"refused":false,"changed":["Counter.sol:Counter","Factory.sol:Factory"],"contracts":[],"text":"no deployed contract changes (Counter.sol:Counter, Factory.sol:Factory)","number":null}}
