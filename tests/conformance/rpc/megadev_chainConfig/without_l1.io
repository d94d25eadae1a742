>> {"jsonrpc":"2.0","id":1,"method":"megadev_chainConfig","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"l2":{"id":31337,"name":"megadev","nativeCurrency":{"name":"Ether","symbol":"ETH","decimals":18},"rpcUrls":{"default":{"http":[],"webSocket":[]}},"blockTime":1000,"contracts":{"multicall3":{"address":"0xcA11bde05977b3631167028862bE2a173976CA11"}},"testnet":true},"l1":null}}
