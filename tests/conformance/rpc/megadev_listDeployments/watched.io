// not with Anvil: it reloads nothing
// chain: watched
// with what deployment filled in; the Counter's code is not the latest
>> {"jsonrpc":"2.0","id":1,"method":"megadev_listDeployments","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":[{"contract":"Lib.sol:Lib","chain":"l2","address":"0x2279B7A0a67DB372996a5FaB50D91eAA73d2eBe6","proxies":[],"isLatest":true,"transactionHash":"0xc4fee216530e7a9c5785531d1e9683bf9237b2bc3a7f733c899b730ef51bd902","creator":"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266","value":"0x0","constructorArguments":"0x","immutables":{},"libraries":{}},{"contract":"Counter.sol:Counter","chain":"l2","address":"0x8A791620dd6260079BF849Dc5567aDC3F2FdC318","proxies":[],"isLatest":false,"transactionHash":"0x463bae47a2bc9af870cdde54b26a05bca824a41548c78994e5a65741e8fdc152","creator":"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266","value":"0x0","constructorArguments":"0x0000000000000000000000000000000000000000000000000000000000000005","immutables":{"Counter.step":"0x0000000000000000000000000000000000000000000000000000000000000005"},"libraries":{"Lib.sol:Lib":"0x2279B7A0a67DB372996a5FaB50D91eAA73d2eBe6"}}]}
// one parameter too many
>> {"jsonrpc":"2.0","id":2,"method":"megadev_listDeployments","params":[true]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"too many arguments, want at most 0, got 1"}}
